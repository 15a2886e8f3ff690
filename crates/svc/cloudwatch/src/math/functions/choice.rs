//! IF: which of two values holds, moment by moment.

use super::Call;
use crate::math::{Bad, Line, Value, value::unfit};

impl Call<'_> {
    /// Where the condition has no point there is none. Without a third argument there is none either where the
    /// condition does not hold.
    pub(super) fn choose(&self) -> Result<Value, Bad> {
        if !(2..=3).contains(&self.arguments.len()) {
            return Err(self.count());
        }
        let (condition, yes) = (self.argument(0)?, self.argument(1)?);
        let no = match self.arguments.len() {
            2 => Value::Line(Line {
                period: self.given.period,
                ..Line::default()
            }),
            _ => self.argument(2)?,
        };
        let condition = match condition {
            Value::Number(number) => return Ok(if number != 0.0 { yes } else { no }),
            Value::Line(line) => line,
            other => return Err(unfit(self.name, &other)),
        };
        let side = |value: &Value, at: i64| match value {
            Value::Number(number) => Ok(Some(*number)),
            Value::Line(line) => Ok(line.at(at)),
            other => Err(unfit(self.name, other)),
        };
        let mut points = Vec::with_capacity(condition.points.len());
        for (at, holds) in &condition.points {
            let chosen = match *holds != 0.0 {
                // What is missing of the second argument counts as 0, of the third one it stays missing: so in AWS.
                true => Some(side(&yes, *at)?.unwrap_or(0.0)),
                false => side(&no, *at)?,
            };
            points.extend(chosen.map(|it| (*at, it)));
        }
        Ok(Value::Line(condition.with(points)))
    }
}
