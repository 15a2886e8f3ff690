//! Which events a filter is for by what is known of them beside their text, `fieldSelectionCriteria`:
//! `@aws.region = "us-east-1" AND @aws.account NOT IN ["111122223333"]`. Events are of the account and the region of their
//! group, so criteria hold for all events of a group or for none. Pure.

use crate::records::SystemField;

/// Brackets in brackets.
const DEEPEST: usize = 50;

/// The text is no criteria.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid fieldSelectionCriteria: {wanted} is expected at {at:?}.")]
pub struct BadCriteria {
    wanted: &'static str,
    at: String,
}

/// Whether a filter with these criteria, which were checked when it was put, is for events of an account in a region.
pub fn is_for(criteria: Option<&str>, of: (&str, &str)) -> bool {
    criteria.is_none_or(|it| holds(it, of).unwrap_or(false))
}

/// # Errors
/// The text is no criteria, whatever they are asked about.
pub fn holds(criteria: &str, of: (&str, &str)) -> Result<bool, BadCriteria> {
    let mut reader = Reader {
        rest: criteria.trim_start(),
        of,
        depth: 0,
    };
    let holds = reader.any()?;
    match reader.rest.is_empty() {
        true => Ok(holds),
        false => Err(reader.bad("AND or OR")),
    }
}

/// What is not read yet begins with no space.
struct Reader<'a> {
    rest: &'a str,
    of: (&'a str, &'a str),
    depth: usize,
}

impl<'a> Reader<'a> {
    fn any(&mut self) -> Result<bool, BadCriteria> {
        let mut holds = self.all()?;
        while self.word("OR") {
            holds |= self.all()?;
        }
        Ok(holds)
    }

    fn all(&mut self) -> Result<bool, BadCriteria> {
        let mut holds = self.one()?;
        while self.word("AND") {
            holds &= self.one()?;
        }
        Ok(holds)
    }

    fn one(&mut self) -> Result<bool, BadCriteria> {
        if !self.sign("(") {
            return self.comparison();
        }
        if self.depth == DEEPEST {
            return Err(self.bad("less depth"));
        }
        self.depth += 1;
        let holds = self.any()?;
        self.depth -= 1;
        self.needs(")", "a closing bracket")?;
        Ok(holds)
    }

    fn comparison(&mut self) -> Result<bool, BadCriteria> {
        let value = match self.field()? {
            SystemField::Account => self.of.0,
            SystemField::Region => self.of.1,
        };
        if self.sign("!=") {
            return Ok(self.text()? != value);
        }
        if self.sign("=") {
            return Ok(self.text()? == value);
        }
        let is_not = self.word("NOT");
        match self.word("IN") {
            true => Ok(self.list()?.contains(&value) != is_not),
            false => Err(self.bad("=, !=, IN or NOT IN")),
        }
    }

    fn field(&mut self) -> Result<SystemField, BadCriteria> {
        let mut all = [SystemField::Account, SystemField::Region].into_iter();
        let found = all.find(|it| self.word(it.as_str()));
        found.ok_or_else(|| self.bad("@aws.account or @aws.region"))
    }

    fn list(&mut self) -> Result<Vec<&'a str>, BadCriteria> {
        self.needs("[", "a list in square brackets")?;
        let mut found = vec![self.text()?];
        while self.sign(",") {
            found.push(self.text()?);
        }
        self.needs("]", "a comma or a closing bracket")?;
        Ok(found)
    }

    fn text(&mut self) -> Result<&'a str, BadCriteria> {
        let wanted = "a text in quotation marks";
        let rest = self.rest;
        let quote = rest.chars().next().filter(|it| matches!(it, '"' | '\''));
        let quoted = quote.and_then(|it| rest[1..].split_once(it));
        let (text, rest) = quoted.ok_or_else(|| self.bad(wanted))?;
        self.rest = rest.trim_start();
        Ok(text)
    }

    fn sign(&mut self, sign: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(sign) else {
            return false;
        };
        self.rest = rest.trim_start();
        true
    }

    /// A word is not the beginning of a longer one.
    fn word(&mut self, word: &str) -> bool {
        let Some((first, rest)) = self.rest.split_at_checked(word.len()) else {
            return false;
        };
        let goes_on = rest.starts_with(|it: char| it.is_alphanumeric() || matches!(it, '_' | '.'));
        if goes_on || !first.eq_ignore_ascii_case(word) {
            return false;
        }
        self.rest = rest.trim_start();
        true
    }

    fn needs(&mut self, sign: &str, wanted: &'static str) -> Result<(), BadCriteria> {
        match self.sign(sign) {
            true => Ok(()),
            false => Err(self.bad(wanted)),
        }
    }

    fn bad(&self, wanted: &'static str) -> BadCriteria {
        BadCriteria {
            wanted,
            at: self.rest.chars().take(30).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OF: (&str, &str) = ("111122223333", "us-east-1");

    #[test]
    fn criteria_are_about_the_account_and_the_region() {
        for (criteria, wanted) in [
            (r#"@aws.region = "us-east-1""#, true),
            (r#"@aws.region != "us-east-1""#, false),
            (r#"@aws.account IN ["1", "111122223333"]"#, true),
            (r#"@aws.account NOT IN ["1", "111122223333"]"#, false),
            (r#" @aws.account not in [ '1' ] "#, true),
            (
                r#"@aws.region="eu-west-1" OR @aws.account="111122223333""#,
                true,
            ),
            (
                r#"@aws.region="eu-west-1" AND @aws.account="111122223333""#,
                false,
            ),
            // AND binds more closely.
            (
                r#"@aws.region = "us-east-1" OR @aws.region = "x" AND @aws.region = "y""#,
                true,
            ),
            (
                r#"(@aws.region = "us-east-1" OR @aws.region = "x") AND @aws.region = "y""#,
                false,
            ),
        ] {
            assert_eq!(holds(criteria, OF), Ok(wanted), "{criteria}");
            assert_eq!(is_for(Some(criteria), OF), wanted);
        }
        assert!(is_for(None, OF));
    }

    #[test]
    fn what_is_no_criteria_is_refused_where_it_goes_wrong() {
        for (criteria, wanted, at) in [
            ("", "@aws.account or @aws.region", ""),
            (
                r#"@aws.regions = "x""#,
                "@aws.account or @aws.region",
                "@aws.regions",
            ),
            ("@aws.region", "=, !=, IN or NOT IN", ""),
            ("@aws.region = us", "a text in quotation marks", "us"),
            (r#"@aws.region = "us"#, "a text in quotation marks", "\"us"),
            ("@aws.region IN []", "a text in quotation marks", "]"),
            (
                r#"@aws.region = "x" @aws.region = "y""#,
                "AND or OR",
                "@aws.region",
            ),
            (r#"(@aws.region = "x""#, "a closing bracket", ""),
        ] {
            let bad = holds(criteria, OF).unwrap_err();
            assert_eq!(bad.wanted, wanted, "{criteria}");
            assert!(bad.at.starts_with(at), "{criteria}: {bad}");
            assert!(!is_for(Some(criteria), OF));
        }
        let deep = "(".repeat(2000);
        assert_eq!(holds(&deep, OF).unwrap_err().wanted, "less depth");
    }
}
