//! One program for all targets: `OCA_FUZZ_TARGET` names the one that runs. What each of them checks stands in `src/fuzz.rs`.

#![no_main]

use std::sync::LazyLock;

static TARGET: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("OCA_FUZZ_TARGET").unwrap_or_default();
    let found = oca::fuzz::TARGETS.iter().find(|(known, _)| *known == name);
    let Some((_, target)) = found else {
        let known: Vec<&str> = oca::fuzz::TARGETS.iter().map(|(name, _)| *name).collect();
        eprintln!("OCA_FUZZ_TARGET must be one of: {}", known.join(" "));
        std::process::exit(2);
    };
    *target
});

libfuzzer_sys::fuzz_target!(|input: &[u8]| TARGET(input));
