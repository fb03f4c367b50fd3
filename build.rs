//! Sets the linker flags of a Node addon, and gives the addon the target it is built for as `CYCLE_TARGET`.

use std::env;

fn main() {
    napi_build::setup();
    let target = env::var("TARGET").expect("Cargo sets TARGET");
    println!("cargo::rustc-env=CYCLE_TARGET={target}");
}
