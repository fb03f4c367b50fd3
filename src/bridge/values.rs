//! JavaScript values made of bytes, numbers and other values.

use std::borrow::Cow;
use std::ffi::{CStr, c_void};
use std::ptr;

use napi::bindgen_prelude::Result;
use napi::{check_status, sys};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A string of Latin-1 bytes.
pub(crate) fn latin1(env: sys::napi_env, bytes: &[u8]) -> Result<sys::napi_value> {
    let mut value = ptr::null_mut();
    // SAFETY: `bytes` is valid for its length; the engine copies it.
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

/// A string, given whether it is all ASCII.
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

/// A string of UTF-8 bytes, as [`decoded`] reads them.
pub(crate) fn utf8(env: sys::napi_env, bytes: &[u8]) -> Result<sys::napi_value> {
    // ASCII is by far the usual case, and the engine takes Latin-1 without looking at it.
    if bytes.is_ascii() {
        return latin1(env, bytes);
    }
    text(env, &decoded(bytes), false)
}

/// The text of UTF-8 bytes as fetch reads them: without a byte order mark, and with U+FFFD for what is not UTF-8.
pub(crate) fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    // Valid text is read many bytes at a time by this, and one by one by the other.
    str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// An `ArrayBuffer` with a copy of the bytes.
pub(crate) fn array_buffer(env: sys::napi_env, bytes: &[u8]) -> Result<sys::napi_value> {
    let mut value = ptr::null_mut();
    let mut data = ptr::null_mut();
    // SAFETY: the engine gives `bytes.len()` writable bytes at `data`, which belong to the new value alone.
    unsafe {
        check_status!(sys::napi_create_arraybuffer(env, bytes.len(), &raw mut data, &raw mut value))?;
        if !bytes.is_empty() {
            ptr::copy_nonoverlapping(bytes.as_ptr(), data.cast::<u8>(), bytes.len());
        }
    }
    Ok(value)
}

/// A number.
pub(crate) fn number(env: sys::napi_env, number: u32) -> Result<sys::napi_value> {
    let mut value = ptr::null_mut();
    // SAFETY: plain data into a fresh value.
    unsafe { check_status!(sys::napi_create_uint32(env, number, &raw mut value))? };
    Ok(value)
}

/// The value that stands for none.
pub(crate) fn undefined(env: sys::napi_env) -> Result<sys::napi_value> {
    let mut value = ptr::null_mut();
    // SAFETY: plain call on the JavaScript thread.
    unsafe { check_status!(sys::napi_get_undefined(env, &raw mut value))? };
    Ok(value)
}

/// A number with a fraction.
pub(crate) fn double(env: sys::napi_env, number: f64) -> Result<sys::napi_value> {
    let mut value = ptr::null_mut();
    // SAFETY: plain data into a fresh value.
    unsafe { check_status!(sys::napi_create_double(env, number, &raw mut value))? };
    Ok(value)
}

/// A JavaScript array of some values. No code of the program runs: it may have replaced what arrays are made with, and a
/// call of the client from there would find its locks taken.
pub(crate) fn array(env: sys::napi_env, values: &[sys::napi_value]) -> Result<sys::napi_value> {
    let (mut nobody, mut made) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: plain calls on the JavaScript thread, inside a handle scope; all values belong to `env`.
    unsafe {
        check_status!(sys::napi_get_undefined(env, &raw mut nobody))?;
        let list = list_function(env)?;
        check_status!(sys::napi_call_function(
            env,
            nobody,
            list,
            values.len(),
            values.as_ptr(),
            &raw mut made
        ))?;
    }
    Ok(made)
}

/// A function that gives its arguments as an array: setting element by element takes several times as long. Made once for
/// an environment, whose data for this addon it is.
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

/// Forgets an exception that a failed call of the engine has left behind: nothing can be called while there is one.
pub(crate) fn forget_exception(env: sys::napi_env) {
    let mut thrown = ptr::null_mut();
    // SAFETY: plain call on the JavaScript thread; it fails when there is none.
    unsafe { sys::napi_get_and_clear_last_exception(env, &raw mut thrown) };
}
