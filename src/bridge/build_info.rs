//! The version and target of the addon.

use napi_derive::napi;

/// The version and the target that the addon was built for. JavaScript reads it from the loaded addon. `npm run package`
/// finds it in the bytes of the file, which also works for addons of other platforms.
#[napi]
pub const BUILD: &str =
    concat!("cycle-internal-api-client ", env!("CARGO_PKG_VERSION"), " ", env!("CYCLE_TARGET"), ";");
