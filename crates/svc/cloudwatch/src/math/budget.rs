//! What the expressions of a request may make, so that a few short texts do not fill the memory: a name in an
//! array is a copy of what it stands for, and arrays of arrays multiply.

use std::cell::Cell;

use super::{Bad, Value};

/// Points that the expressions of a request make and copy, about 16 bytes each.
const MOST_MADE: usize = 10_000_000;

/// What is left.
#[derive(Debug)]
pub struct Budget(Cell<usize>);

impl Default for Budget {
    fn default() -> Self {
        Self(Cell::new(MOST_MADE))
    }
}

impl Budget {
    /// # Errors
    /// There is not so much left.
    pub fn spend(&self, points: usize) -> Result<(), Bad> {
        let left = self.0.get().checked_sub(points);
        self.0.set(left.unwrap_or_default());
        match left {
            Some(_) => Ok(()),
            None => Err(Bad::new("The expressions would make too many datapoints")),
        }
    }

    /// A copy of a value.
    ///
    /// # Errors
    /// There is no room for one.
    pub fn copied(&self, value: &Value) -> Result<Value, Bad> {
        self.spend(value.weight())?;
        Ok(value.clone())
    }
}
