//! The query of a request and what options it says.

/// Pairs in the order they were given.
#[derive(Debug, Clone, Default)]
pub struct Query {
    pairs: Vec<(String, String)>,
}

/// Pairs that are read; what follows is ignored.
const MOST_PAIRS: usize = 1000;

impl Query {
    pub fn parse(text: &str) -> Self {
        let pairs = form_urlencoded::parse(text.as_bytes()).take(MOST_PAIRS);
        Self {
            pairs: pairs
                .map(|(k, v)| (k.into_owned(), v.into_owned()))
                .collect(),
        }
    }

    /// The first value that is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.pairs.iter().filter(|(key, _)| key == name);
        found.find_map(|(_, value)| (!value.is_empty()).then_some(value.as_str()))
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let found = self.pairs.iter().filter(move |(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether an option that is yes or no says yes: anything but `false` and `0` does.
    pub fn is_set(&self, name: &str) -> bool {
        let first = self.pairs.iter().find(|(key, _)| key == name);
        first.is_some_and(|(_, value)| value != "false" && value != "0")
    }

    /// As [`Query::is_set`]; `None` if nothing is said.
    pub fn says(&self, name: &str) -> Option<bool> {
        self.pairs
            .iter()
            .any(|(key, _)| key == name)
            .then(|| self.is_set(name))
    }

    /// # Errors
    /// Upstream's text for what is no number.
    pub fn number(&self, name: &str) -> Result<Option<i64>, String> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let parsed = text.parse();
        parsed
            .map(Some)
            .map_err(|_| format!("strconv.ParseInt: parsing \"{text}\": invalid syntax"))
    }

    /// The only name that a field selector lets through.
    pub fn name_selected(&self) -> Option<String> {
        let selector = self.get("fieldSelector")?;
        let mut terms = selector.split(',');
        let name = terms.find_map(|term| {
            let value = term.strip_prefix("metadata.name=")?;
            Some(value.strip_prefix('=').unwrap_or(value))
        })?;
        (!name.is_empty()).then(|| name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_no_and_numbers() {
        let query = Query::parse("a&b=false&c=0&d=true&n=12&m=x&e=");
        for (name, expected) in [
            ("a", true),
            ("b", false),
            ("c", false),
            ("d", true),
            ("z", false),
        ] {
            assert_eq!(query.is_set(name), expected, "{name}");
        }
        assert_eq!(query.says("z"), None);
        assert_eq!(query.number("n"), Ok(Some(12)));
        assert_eq!(query.number("e"), Ok(None));
        assert!(query.number("m").is_err());
    }
}
