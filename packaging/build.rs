//! Tells the linker of a release for Linux to leave out the tables for unwinding the stack. Nothing reads them, even with
//! `panic = "unwind"`: the hook of `oca` ends the process at a panic.

fn main() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/unwind.ld");
    println!("cargo::rerun-if-changed={script}");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    if is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") {
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{script}");
    }
}
