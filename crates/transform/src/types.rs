//! Values as another type.

use serde_json::{Number, Value};

use crate::{
    BadTransformer,
    config::{self, Type},
    path::Path,
    work::{Undone, Work, size},
};

#[derive(Debug)]
pub(crate) struct Convert {
    key: Path,
    to: Type,
}

impl Convert {
    pub fn new(it: config::Convert) -> Result<Self, BadTransformer> {
        Ok(Self {
            key: Path::parse(&it.key)?,
            to: it.to,
        })
    }

    pub fn apply(&self, work: &mut Work<'_>) -> Result<(), Undone> {
        let bytes = self.key.get(&work.root).map(size);
        work.spend(bytes.ok_or(Undone::Unfit)?)?;
        let place = self.key.get_mut(&mut work.root).ok_or(Undone::Unfit)?;
        let made = converted(place, self.to).ok_or(Undone::Unfit)?;
        *place = made;
        Ok(())
    }
}

/// Nothing if it is no such value.
pub(crate) fn converted(value: &Value, to: Type) -> Option<Value> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    Some(match to {
        Type::String => match value {
            Value::String(_) => value.clone(),
            _ => text.into(),
        },
        Type::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => true.into(),
            "false" | "0" => false.into(),
            _ => return None,
        },
        Type::Integer => match (text.parse::<i64>(), value) {
            (Ok(number), _) => number.into(),
            (Err(_), Value::Bool(yes)) => i64::from(*yes).into(),
            // What is behind the point goes.
            (Err(_), _) => whole(text.parse().ok()?)?.into(),
        },
        Type::Double => match value {
            Value::Bool(yes) => f64::from(u8::from(*yes)).into(),
            _ => Number::from_f64(text.parse().ok()?)?.into(),
        },
    })
}

fn whole(number: f64) -> Option<i64> {
    const END: f64 = 9_223_372_036_854_775_808.0;
    (-END..END).contains(&number).then_some(number as i64)
}
