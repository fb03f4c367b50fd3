//! Tells the linker how a Node addon is linked on this platform, and the addon what it was built for.

use std::env;

fn main() {
    napi_build::setup();
    let target = env::var("TARGET").expect("Cargo sets TARGET");
    println!("cargo::rustc-env=CYCLE_TARGET={target}");
}
