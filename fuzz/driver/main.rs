//! The driver that `fuzz/run` builds: libFuzzer around the target named by `WHARF_FUZZ_TARGET`.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();

fn chosen() -> fn(&[u8]) {
    let name = std::env::var("WHARF_FUZZ_TARGET").unwrap_or_default();
    wharf_fuzz::target(&name)
        .unwrap_or_else(|| panic!("WHARF_FUZZ_TARGET names no target: `{name}`"))
}

fuzz_target!(
    init: { TARGET.get_or_init(chosen); },
    |data: &[u8]| TARGET.get_or_init(chosen)(data)
);
