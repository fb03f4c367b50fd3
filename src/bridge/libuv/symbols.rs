//! Finds the functions of libuv at run time.

use std::ffi::{CStr, c_int, c_uint, c_void};
use std::ptr::NonNull;
use std::sync::OnceLock;

use napi::sys::uv_loop_s;

/// A `uv_handle_t`, whose layout only libuv knows.
pub(super) type RawHandle = *mut c_void;
pub(super) type Callback = unsafe extern "C" fn(RawHandle);
pub(super) type PollCallback = unsafe extern "C" fn(RawHandle, c_int, c_int);

macro_rules! functions {
    ($($name:ident: $symbol:literal fn($($argument:ty),*) $(-> $result:ty)?;)*) => {
        /// Functions of libuv.
        pub(super) struct Functions {
            $(pub(super) $name: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
        }

        impl Functions {
            fn find() -> Option<Self> {
                Some(Self {
                    // SAFETY: the symbol is libuv's function of this name, whose signature has been the same
                    // in all of libuv 1.
                    $($name: unsafe {
                        std::mem::transmute::<NonNull<c_void>, unsafe extern "C" fn($($argument),*) $(-> $result)?>(
                            symbol($symbol)?
                        )
                    },)*
                })
            }
        }
    };
}

functions! {
    async_init: c"uv_async_init" fn(*mut uv_loop_s, RawHandle, Option<Callback>) -> c_int;
    async_send: c"uv_async_send" fn(RawHandle) -> c_int;
    backend_fd: c"uv_backend_fd" fn(*mut uv_loop_s) -> c_int;
    backend_timeout: c"uv_backend_timeout" fn(*mut uv_loop_s) -> c_int;
    check_init: c"uv_check_init" fn(*mut uv_loop_s, RawHandle) -> c_int;
    check_start: c"uv_check_start" fn(RawHandle, Callback) -> c_int;
    check_stop: c"uv_check_stop" fn(RawHandle) -> c_int;
    close: c"uv_close" fn(RawHandle, Option<Callback>);
    is_closing: c"uv_is_closing" fn(RawHandle) -> c_int;
    get_data: c"uv_handle_get_data" fn(RawHandle) -> *mut c_void;
    set_data: c"uv_handle_set_data" fn(RawHandle, *mut c_void);
    handle_size: c"uv_handle_size" fn(c_uint) -> usize;
    poll_init: c"uv_poll_init" fn(*mut uv_loop_s, RawHandle, c_int) -> c_int;
    poll_start: c"uv_poll_start" fn(RawHandle, c_int, PollCallback) -> c_int;
    poll_stop: c"uv_poll_stop" fn(RawHandle) -> c_int;
    prepare_init: c"uv_prepare_init" fn(*mut uv_loop_s, RawHandle) -> c_int;
    prepare_start: c"uv_prepare_start" fn(RawHandle, Callback) -> c_int;
    prepare_stop: c"uv_prepare_stop" fn(RawHandle) -> c_int;
    refer: c"uv_ref" fn(RawHandle);
    timer_init: c"uv_timer_init" fn(*mut uv_loop_s, RawHandle) -> c_int;
    timer_start: c"uv_timer_start" fn(RawHandle, Callback, u64, u64) -> c_int;
    unrefer: c"uv_unref" fn(RawHandle);
}

fn symbol(name: &CStr) -> Option<NonNull<c_void>> {
    // SAFETY: the name is a C string, and looking it up has no other effect.
    NonNull::new(unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) })
}

/// Finds the functions once; `None` where one of them is missing.
pub(super) fn functions() -> Option<&'static Functions> {
    static FUNCTIONS: OnceLock<Option<Functions>> = OnceLock::new();
    FUNCTIONS.get_or_init(Functions::find).as_ref()
}
