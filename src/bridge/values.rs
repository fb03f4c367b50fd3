//! JavaScript values made of bytes, numbers and other values.

use std::ptr;

use napi::bindgen_prelude::{Error, Result};
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

/// A string of UTF-8 bytes as fetch reads them: without a byte order mark, and with U+FFFD for what is not UTF-8.
pub(crate) fn utf8(env: sys::napi_env, bytes: &[u8]) -> Result<sys::napi_value> {
    // ASCII is by far the usual case, and the engine takes Latin-1 without looking at it.
    if bytes.is_ascii() {
        return latin1(env, bytes);
    }
    text(env, &String::from_utf8_lossy(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)), false)
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

/// A JavaScript array of some values.
pub(crate) fn array(env: sys::napi_env, values: &[sys::napi_value]) -> Result<sys::napi_value> {
    if let Ok(made) = array_of(env, values) {
        return Ok(made);
    }
    // A program may have replaced `Array.of`.
    let (mut array, mut thrown) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: plain calls on the JavaScript thread, inside a handle scope; all values belong to `env`.
    unsafe {
        sys::napi_get_and_clear_last_exception(env, &raw mut thrown);
        check_status!(sys::napi_create_array_with_length(env, values.len(), &raw mut array))?;
        for (index, value) in (0..).zip(values) {
            check_status!(sys::napi_set_element(env, array, index, *value))?;
        }
    }
    Ok(array)
}

/// The same by `Array.of`: setting element by element takes several times as long.
fn array_of(env: sys::napi_env, values: &[sys::napi_value]) -> Result<sys::napi_value> {
    let (mut global, mut class, mut of, mut made) =
        (ptr::null_mut(), ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
    let mut is_array = false;
    // SAFETY: as in `array`.
    unsafe {
        check_status!(sys::napi_get_global(env, &raw mut global))?;
        check_status!(sys::napi_get_named_property(env, global, c"Array".as_ptr(), &raw mut class))?;
        check_status!(sys::napi_get_named_property(env, class, c"of".as_ptr(), &raw mut of))?;
        check_status!(sys::napi_call_function(env, class, of, values.len(), values.as_ptr(), &raw mut made))?;
        check_status!(sys::napi_is_array(env, made, &raw mut is_array))?;
    }
    if is_array { Ok(made) } else { Err(Error::from_reason("Array.of makes no array")) }
}
