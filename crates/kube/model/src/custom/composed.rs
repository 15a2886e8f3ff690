//! Schemas of schemas: all, any, one or none of them must fit.

use serde_json::Value;

use super::validate::{Walk, value};
use crate::field::{Errors, FieldError, Path};

pub fn check(schema: &Value, found: &Value, path: &Path<'_>, walk: &Walk<'_>, errors: &mut Errors) {
    let tried = |schema: &Value| {
        let mut tried = Errors::new();
        value(schema, found, path, walk, &mut tried);
        tried.into_vec()
    };
    let all = |name: &str| {
        let all = schema.get(name).and_then(Value::as_array);
        all.filter(|all| !all.is_empty())
    };
    if let Some(any) = all("anyOf") {
        let mut nearest = Nearest::default();
        if !any.iter().any(|it| nearest.fits(tried(it))) {
            walk.misfits(path, "must validate at least one schema (anyOf)", errors);
            nearest.tell(errors);
        }
    }
    if let Some(one) = all("oneOf") {
        let mut nearest = Nearest::default();
        let count = one.iter().filter(|it| nearest.fits(tried(it))).count();
        if count != 1 {
            let how = match count {
                0 => "Found none valid".to_owned(),
                count => format!("Found {count} valid alternatives"),
            };
            let why = format!("must validate one and only one schema (oneOf). {how}");
            walk.misfits(path, &why, errors);
            if count == 0 {
                nearest.tell(errors);
            }
        }
    }
    if let Some(each) = all("allOf") {
        let mut fitting = 0;
        for nested in each {
            let found = tried(nested);
            fitting += usize::from(found.is_empty());
            errors.extend(found);
        }
        if fitting < each.len() {
            let how = if fitting == 0 { ". None validated" } else { "" };
            let why = format!("must validate all the schemas (allOf){how}");
            walk.misfits(path, &why, errors);
        }
    }
    let not = schema.get("not").filter(|not| not.is_object());
    if not.is_some_and(|not| tried(not).is_empty()) {
        walk.misfits(path, "must not validate the schema (not)", errors);
    }
}

/// The faults of the schema that lacks least.
#[derive(Default)]
struct Nearest(Option<Vec<FieldError>>);

impl Nearest {
    /// Whether a schema without these faults is one that fits.
    fn fits(&mut self, faults: Vec<FieldError>) -> bool {
        let fits = faults.is_empty();
        let least = self.0.as_ref().map_or(usize::MAX, Vec::len);
        if faults.len() < least {
            self.0 = Some(faults);
        }
        fits
    }

    fn tell(self, errors: &mut Errors) {
        errors.extend(self.0.unwrap_or_default());
    }
}
