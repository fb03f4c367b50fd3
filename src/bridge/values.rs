//! Makes JavaScript values.

use std::borrow::Cow;
use std::ffi::{CStr, c_void};
use std::ptr;

use napi::bindgen_prelude::Result;
use napi::{check_status, sys};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Makes a string of Latin-1 bytes.
pub(crate) fn latin1(env: sys::napi_env, bytes: &[u8]) -> Result<sys::napi_value> {
    let mut value = ptr::null_mut();
    // SAFETY: `bytes` is valid for its length; V8 copies it.
    unsafe {
        check_status!(sys::napi_create_string_latin1(
            env,
            bytes.as_ptr().cast(),
            bytes.len().cast_signed(),
            &raw mut value
        ))?;
    }
    Ok(value)
}

/// Makes a string. `ascii` says whether it is all ASCII, which is faster.
pub(crate) fn text(env: sys::napi_env, text: &str, ascii: bool) -> Result<sys::napi_value> {
    if ascii {
        return latin1(env, text.as_bytes());
    }
    let mut value = ptr::null_mut();
    // SAFETY: as in `latin1`.
    unsafe {
        check_status!(sys::napi_create_string_utf8(
            env,
            text.as_ptr().cast(),
            text.len().cast_signed(),
            &raw mut value
        ))?;
    }
    Ok(value)
}

/// Makes a string of UTF-8 bytes, [`decoded`].
pub(crate) fn utf8(env: sys::napi_env, bytes: &[u8]) -> Result<sys::napi_value> {
    // Most texts are ASCII, and V8 copies Latin-1 without decoding it.
    if bytes.is_ascii() {
        return latin1(env, bytes);
    }
    text(env, &decoded(bytes), false)
}

/// Decodes UTF-8 as fetch does: removes a byte order mark, and replaces invalid bytes by U+FFFD.
pub(crate) fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    // For valid text, this is faster than `from_utf8_lossy`, which reads byte by byte.
    str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// Makes an `ArrayBuffer` with a copy of the bytes.
pub(crate) fn array_buffer(env: sys::napi_env, bytes: &[u8]) -> Result<sys::napi_value> {
    let mut value = ptr::null_mut();
    let mut data = ptr::null_mut();
    // SAFETY: V8 gives `bytes.len()` writable bytes at `data`, which belong to the new value alone.
    unsafe {
        check_status!(sys::napi_create_arraybuffer(env, bytes.len(), &raw mut data, &raw mut value))?;
        if !bytes.is_empty() {
            ptr::copy_nonoverlapping(bytes.as_ptr(), data.cast::<u8>(), bytes.len());
        }
    }
    Ok(value)
}

/// Makes a number of an integer.
pub(crate) fn number(env: sys::napi_env, number: u32) -> Result<sys::napi_value> {
    let mut value = ptr::null_mut();
    // SAFETY: plain data into a fresh value.
    unsafe { check_status!(sys::napi_create_uint32(env, number, &raw mut value))? };
    Ok(value)
}

/// The value `undefined`.
pub(crate) fn undefined(env: sys::napi_env) -> Result<sys::napi_value> {
    let mut value = ptr::null_mut();
    // SAFETY: plain call on the JavaScript thread.
    unsafe { check_status!(sys::napi_get_undefined(env, &raw mut value))? };
    Ok(value)
}

/// Makes a number of a double.
pub(crate) fn double(env: sys::napi_env, number: f64) -> Result<sys::napi_value> {
    let mut value = ptr::null_mut();
    // SAFETY: plain data into a fresh value.
    unsafe { check_status!(sys::napi_create_double(env, number, &raw mut value))? };
    Ok(value)
}

/// Makes an array. It runs no code of the program, even one that replaced functions of `Array`: such code could call the
/// client, whose locks are taken.
pub(crate) fn array(env: sys::napi_env, values: &[sys::napi_value]) -> Result<sys::napi_value> {
    let (mut receiver, mut made) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: plain calls on the JavaScript thread, inside a handle scope; all values belong to `env`.
    unsafe {
        check_status!(sys::napi_get_undefined(env, &raw mut receiver))?;
        let list = list_function(env)?;
        check_status!(sys::napi_call_function(
            env,
            receiver,
            list,
            values.len(),
            values.as_ptr(),
            &raw mut made
        ))?;
    }
    Ok(made)
}

/// A JavaScript function that returns its arguments as an array. That is several times as fast as setting each element.
/// Made once for each environment, and kept as the addon's instance data.
fn list_function(env: sys::napi_env) -> Result<sys::napi_value> {
    const CODE: &CStr = c"(...values) => values";
    let mut data: *mut c_void = ptr::null_mut();
    let (mut code, mut function, mut reference) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
    // SAFETY: plain calls on the JavaScript thread. Nothing else sets the data, so it is null or the reference made here,
    // which lives as long as the environment.
    unsafe {
        check_status!(sys::napi_get_instance_data(env, &raw mut data))?;
        if data.is_null() {
            let length = CODE.count_bytes().cast_signed();
            check_status!(sys::napi_create_string_latin1(env, CODE.as_ptr(), length, &raw mut code))?;
            check_status!(sys::napi_run_script(env, code, &raw mut function))?;
            check_status!(sys::napi_create_reference(env, function, 1, &raw mut reference))?;
            check_status!(sys::napi_set_instance_data(env, reference.cast(), None, ptr::null_mut()))?;
        } else {
            check_status!(sys::napi_get_reference_value(env, data.cast(), &raw mut function))?;
        }
    }
    Ok(function)
}

/// Clears an exception that a failed Node-API call left pending. Until then no other call works.
pub(crate) fn forget_exception(env: sys::napi_env) {
    let mut thrown = ptr::null_mut();
    // SAFETY: plain call on the JavaScript thread; it fails when there is none.
    unsafe { sys::napi_get_and_clear_last_exception(env, &raw mut thrown) };
}
