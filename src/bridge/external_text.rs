//! JavaScript strings that use the received bytes without a copy.

use std::ffi::{c_char, c_void};
use std::ptr::{self, NonNull};
use std::sync::OnceLock;

use bytes::Bytes;
use napi::bindgen_prelude::{Env, Result};
use napi::{check_status, sys};

use super::garbage::{self, report};
use super::libuv::is_node;
use super::values::utf8;

/// Bodies of this length or more, in bytes, are not copied. For shorter ones a copy costs less than V8's bookkeeping of
/// external memory. Node uses the same limit for its own strings.
const LEAST_LENGTH: usize = 1 << 20;

type Release = unsafe extern "C" fn(sys::napi_env, *mut c_void, *mut c_void);
type Create = unsafe extern "C" fn(
    sys::napi_env,
    *const c_char,
    usize,
    Option<Release>,
    *mut c_void,
    *mut sys::napi_value,
    *mut bool,
) -> sys::napi_status;

/// Like [`utf8`], but does not copy long ASCII text.
pub(super) fn body_text(env: sys::napi_env, bytes: Bytes) -> Result<sys::napi_value> {
    if bytes.len() >= LEAST_LENGTH
        && let Some(create) = creator(env)
        && bytes.is_ascii()
    {
        return hand_over(env, create, bytes);
    }
    utf8(env, &bytes)
}

fn hand_over(env: sys::napi_env, create: Create, bytes: Bytes) -> Result<sys::napi_value> {
    let (mut value, mut copied) = (ptr::null_mut(), false);
    let (data, length) = (bytes.as_ptr(), bytes.len());
    let owner = Box::into_raw(Box::new(bytes));
    report(env, memory(length));
    // SAFETY: the bytes stay where they are and as they are until `release` drops their owner, which V8 calls
    // once when it succeeds, and never when it fails.
    unsafe {
        let status =
            create(env, data.cast(), length, Some(release), owner.cast(), &raw mut value, &raw mut copied);
        if status != sys::Status::napi_ok {
            release(env, ptr::null_mut(), owner.cast());
        }
        check_status!(status)?;
    }
    if !copied {
        garbage::count(length);
    }
    Ok(value)
}

/// Drops the bytes of a string that was collected. `env` is null if the environment ended before.
unsafe extern "C" fn release(env: sys::napi_env, _: *mut c_void, owner: *mut c_void) {
    // SAFETY: the owner that `hand_over` gave away.
    let bytes = unsafe { Box::from_raw(owner.cast::<Bytes>()) };
    if !env.is_null() {
        report(env, -memory(bytes.len()));
    }
}

fn memory(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// The function that makes such strings. It is looked up at run time, because it is newer than the Node-API version this
/// addon requires. Only Node has it; other runtimes copy. Only on Linux does an addon stay loaded after its last
/// environment, and the strings, which need its code, may outlive that.
fn creator(env: sys::napi_env) -> Option<Create> {
    static CREATOR: OnceLock<Option<Create>> = OnceLock::new();
    *CREATOR.get_or_init(|| {
        if !cfg!(target_os = "linux") || !is_node(Env::from_raw(env)).unwrap_or(false) {
            return None;
        }
        let name = c"node_api_create_external_string_latin1";
        // SAFETY: the name is a C string, and looking it up has no other effect.
        let symbol = NonNull::new(unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) })?;
        // SAFETY: in Node, this is the function of that name, whose signature is part of Node-API's stable interface.
        Some(unsafe { std::mem::transmute::<NonNull<c_void>, Create>(symbol) })
    })
}
