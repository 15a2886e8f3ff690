//! ANOMALY_DETECTION_BAND: what is usual of a metric, as the two bounds of a band.

use super::{Call, grid};
use crate::math::{Bad, Expression, Line, Value, value::unfit};

/// The function whose value is a band.
pub const NAME: &str = "ANOMALY_DETECTION_BAND";
/// Deviations that a band is wide to each side, without another number.
const USUAL_DEVIATIONS: f64 = 2.0;

/// What an expression is a band over, if it is nothing but one: the id and the deviations.
///
/// # Errors
/// It is a band, over something that has none.
pub fn band_of(of: &Expression) -> Option<Result<(&str, f64), Bad>> {
    let Expression::Call(name, arguments) = of else {
        return None;
    };
    (name == NAME).then(|| band_arguments(arguments))
}

fn band_arguments(arguments: &[Expression]) -> Result<(&str, f64), Bad> {
    let (id, deviations) = match arguments {
        [Expression::Name(id)] => (id, USUAL_DEVIATIONS),
        [Expression::Name(id), Expression::Number(deviations)] => (id, *deviations),
        _ => {
            return Err(Bad::new(
                "ANOMALY_DETECTION_BAND takes the id of a metric or expression, and a number",
            ));
        }
    };
    match deviations > 0.0 {
        true => Ok((id, deviations)),
        false => Err(Bad::new(
            "The second argument of ANOMALY_DETECTION_BAND must be a positive number",
        )),
    }
}

impl Call<'_> {
    /// The upper bounds, then the lower ones, also where nothing was measured.
    pub(super) fn band(&self) -> Result<Value, Bad> {
        let (id, deviations) = band_arguments(self.arguments)?;
        let over = match self.given.values.get(id) {
            Some(Value::Line(line)) => line,
            Some(other) => return Err(unfit(self.name, other)),
            None => return Err(Bad(format!("Undefined variable '{id}'"))),
        };
        let bound = |points| Line {
            label: format!("{} (expected)", over.label),
            period: over.period,
            points,
            of: None,
        };
        let Some(model) = self.given.bands.get(id) else {
            return Ok(Value::Lines(vec![bound(Vec::new()), bound(Vec::new())]));
        };
        let moments: Vec<i64> = grid(self.given, over.period)?.collect();
        self.given.budget.spend(2 * moments.len())?;
        let (mut upper, mut lower) = (Vec::new(), Vec::new());
        for at in moments {
            let (above, below) = model.band(at, deviations);
            upper.push((at, above));
            lower.push((at, below));
        }
        let lines = [upper, lower].map(|it| bound(Vec::new()).with(it));
        Ok(Value::Lines(lines.into()))
    }
}
