//! What the addon says of itself.

use napi_derive::napi;

/// The version that the addon was built from and the target it was built for. A program asks by loading the addon,
/// `npm run package` by searching the file for it, so that it can ask what does not run here.
#[napi]
pub const BUILD: &str =
    concat!("cycle-internal-api-client ", env!("CARGO_PKG_VERSION"), " ", env!("CYCLE_TARGET"), ";");
