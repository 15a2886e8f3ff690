//! The range in which a target is scaled, and which kinds of scaling are suspended.

/// A range of capacities that is not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    min: u32,
    max: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadBounds {
    #[error("Maximum capacity cannot be less than minimum capacity")]
    Reversed,
}

impl Bounds {
    /// # Errors
    /// The maximum is below the minimum.
    pub fn new(min: u32, max: u32) -> Result<Self, BadBounds> {
        match min <= max {
            true => Ok(Self { min, max }),
            false => Err(BadBounds::Reversed),
        }
    }

    pub fn min(self) -> u32 {
        self.min
    }

    pub fn max(self) -> u32 {
        self.max
    }

    /// These, with what a request or a scheduled action gives in place of what was.
    ///
    /// # Errors
    /// The maximum would be below the minimum.
    pub fn with(self, min: Option<u32>, max: Option<u32>) -> Result<Self, BadBounds> {
        Self::new(min.unwrap_or(self.min), max.unwrap_or(self.max))
    }

    pub fn clamp(self, capacity: u32) -> u32 {
        capacity.clamp(self.min, self.max)
    }

    /// The capacity to set because `current` is outside of the range.
    pub fn correction(self, current: u32) -> Option<u32> {
        Some(self.clamp(current)).filter(|it| *it != current)
    }
}

/// Kinds of scaling that a scalable target does not do for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Suspended {
    pub scale_in: bool,
    pub scale_out: bool,
    pub scheduled: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_never_empty() {
        assert_eq!(Bounds::new(3, 2), Err(BadBounds::Reversed));
        let bounds = Bounds::new(2, 5).unwrap();
        assert_eq!(bounds.with(Some(6), None), Err(BadBounds::Reversed));
        assert_eq!(bounds.with(None, Some(1)), Err(BadBounds::Reversed));
        assert_eq!(bounds.with(Some(5), None), Bounds::new(5, 5));
        assert_eq!(bounds.with(None, None), Ok(bounds));
    }

    #[test]
    fn what_is_outside_comes_to_the_nearest_bound() {
        let bounds = Bounds::new(2, 5).unwrap();
        for (current, expected) in [
            (0, Some(2)),
            (2, None),
            (4, None),
            (5, None),
            (9, Some(5)),
            (u32::MAX, Some(5)),
        ] {
            assert_eq!(bounds.correction(current), expected, "at {current}");
        }
    }
}
