//! Maps by the numbers of series. They are given out here, one after another, and nobody chooses one: mixing them is
//! enough, where a hash that withstands chosen keys would be most of a look.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

pub type ByNumber<T> = HashMap<u32, T, BuildHasherDefault<Mixed>>;

#[derive(Debug, Default)]
pub struct Mixed(u64);

impl Hasher for Mixed {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        // Odd: numbers side by side stay apart in the low bits, and the high ones say which it is.
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
