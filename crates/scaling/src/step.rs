//! Step scaling: how far a metric is beyond its alarm's threshold says how far the capacity moves.

/// How the number of a step is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adjustment {
    ChangeInCapacity,
    PercentChangeInCapacity,
    ExactCapacity,
}

/// What to do while the metric minus the threshold lies between two bounds; none is infinity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    pub adjustment: i32,
}

/// Steps without gap or overlap.
#[derive(Debug, Clone, PartialEq)]
pub struct StepPolicy {
    adjustment: Adjustment,
    /// In the order of their bounds.
    steps: Vec<Step>,
    min_magnitude: Option<u32>,
}

/// Steps of a policy.
const MOST_STEPS: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSteps {
    #[error("At least one StepAdjustment must be specified")]
    Empty,
    #[error(
        "A step scaling policy can have at most {} step adjustments",
        MOST_STEPS
    )]
    TooMany,
    #[error("A bound of a StepAdjustment must be a finite number")]
    NotFinite,
    #[error("StepAdjustment's lower bound must be less than its upper bound")]
    Reversed,
    #[error("The upper and lower bound can't be null in the same step adjustment")]
    Unbounded,
    #[error("StepAdjustment intervals can't overlap")]
    Overlap,
    #[error("There is a gap between the StepAdjustment intervals")]
    Gap,
    #[error(
        "There must be a StepAdjustment with an unspecified lower bound when one StepAdjustment has a negative lower bound"
    )]
    OpenBelow,
    #[error(
        "There must be a StepAdjustment with an unspecified upper bound when one StepAdjustment has a positive upper bound"
    )]
    OpenAbove,
    #[error("ScalingAdjustment must not be negative when AdjustmentType is ExactCapacity")]
    NegativeCapacity,
    #[error("MinAdjustmentMagnitude is only valid when AdjustmentType is PercentChangeInCapacity")]
    Magnitude,
}

impl StepPolicy {
    /// # Errors
    /// Steps that leave a gap or overlap, or that do not go with the kind of adjustment.
    pub fn new(
        adjustment: Adjustment,
        mut steps: Vec<Step>,
        min_magnitude: Option<u32>,
    ) -> Result<Self, BadSteps> {
        if steps.is_empty() {
            return Err(BadSteps::Empty);
        }
        if steps.len() > MOST_STEPS {
            return Err(BadSteps::TooMany);
        }
        for step in &steps {
            each(step, adjustment)?;
        }
        steps.sort_by(|one, other| from(one).total_cmp(&from(other)));
        for pair in steps.windows(2) {
            match to(&pair[0]).total_cmp(&from(&pair[1])) {
                std::cmp::Ordering::Less => return Err(BadSteps::Gap),
                std::cmp::Ordering::Equal => {}
                std::cmp::Ordering::Greater => return Err(BadSteps::Overlap),
            }
        }
        let (first, last) = (steps.first(), steps.last());
        if first.and_then(|it| it.lower).is_some_and(|it| it < 0.0) {
            return Err(BadSteps::OpenBelow);
        }
        if last.and_then(|it| it.upper).is_some_and(|it| it > 0.0) {
            return Err(BadSteps::OpenAbove);
        }
        if min_magnitude.is_some() && adjustment != Adjustment::PercentChangeInCapacity {
            return Err(BadSteps::Magnitude);
        }
        Ok(Self {
            adjustment,
            steps,
            min_magnitude,
        })
    }

    /// A policy of simple scaling: one change, however far the metric is beyond its threshold.
    ///
    /// # Errors
    /// The change does not go with its kind.
    pub fn simple(
        adjustment: Adjustment,
        by: i32,
        min_magnitude: Option<u32>,
    ) -> Result<Self, BadSteps> {
        if adjustment == Adjustment::ExactCapacity && by < 0 {
            return Err(BadSteps::NegativeCapacity);
        }
        if min_magnitude.is_some() && adjustment != Adjustment::PercentChangeInCapacity {
            return Err(BadSteps::Magnitude);
        }
        let step = Step {
            lower: None,
            upper: None,
            adjustment: by,
        };
        Ok(Self {
            adjustment,
            steps: vec![step],
            min_magnitude,
        })
    }

    /// The capacity wanted while the metric is `difference` above the threshold; `None` if no step is for
    /// that, or it is no number.
    pub fn wanted(&self, current: u32, difference: f64) -> Option<u32> {
        let step = self.steps.iter().find(|it| holds(it, difference))?;
        let given = i64::from(step.adjustment);
        let change = match self.adjustment {
            Adjustment::ExactCapacity => return u32::try_from(given).ok(),
            Adjustment::ChangeInCapacity => given,
            Adjustment::PercentChangeInCapacity => self.percent(current, given),
        };
        let wanted = (i64::from(current) + change).max(0);
        Some(u32::try_from(wanted).unwrap_or(u32::MAX))
    }

    /// A part of a task is rounded towards no change, unless that would be none at all.
    fn percent(&self, current: u32, percent: i64) -> i64 {
        let hundredths = i64::from(current) * percent;
        let change = match hundredths / 100 {
            0 => hundredths.signum(),
            whole => whole,
        };
        let least = i64::from(self.min_magnitude.unwrap_or_default());
        match change.abs() < least {
            true => percent.signum() * least,
            false => change,
        }
    }
}

fn each(step: &Step, adjustment: Adjustment) -> Result<(), BadSteps> {
    let bounds = [step.lower, step.upper];
    if bounds.iter().flatten().any(|it| !it.is_finite()) {
        return Err(BadSteps::NotFinite);
    }
    match (step.lower, step.upper) {
        (None, None) => return Err(BadSteps::Unbounded),
        (Some(lower), Some(upper)) if lower >= upper => return Err(BadSteps::Reversed),
        _ => {}
    }
    match adjustment == Adjustment::ExactCapacity && step.adjustment < 0 {
        true => Err(BadSteps::NegativeCapacity),
        false => Ok(()),
    }
}

// Minus zero is zero: `+ 0.0` makes it so, since an order of all numbers tells them apart.
fn from(step: &Step) -> f64 {
    step.lower.map_or(f64::NEG_INFINITY, |it| it + 0.0)
}

fn to(step: &Step) -> f64 {
    step.upper.map_or(f64::INFINITY, |it| it + 0.0)
}

/// Above the threshold the lower bound belongs to a step, below it the upper one. A metric at the threshold
/// is above it for a step that begins there, and below it for one that ends there.
fn holds(step: &Step, difference: f64) -> bool {
    let (from, to) = (from(step), to(step));
    let above = from <= difference && difference < to;
    let below = from < difference && difference <= to;
    match difference {
        _ if difference > 0.0 => above || (difference == f64::INFINITY && to == difference),
        _ if difference < 0.0 => below || (difference == f64::NEG_INFINITY && from == difference),
        _ => above || below,
    }
}

#[cfg(test)]
mod tests;
