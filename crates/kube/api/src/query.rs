//! The query of a request and what options it says.

use wharf_kube_model::{selector::Fields, status::Status};

/// Pairs in the order they were given.
#[derive(Debug, Clone, Default)]
pub struct Query {
    pairs: Vec<(String, String)>,
}

/// Pairs that are read; what follows is ignored.
const MOST_PAIRS: usize = 1000;

/// An option that is no number, as upstream says it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("strconv.ParseInt: parsing \"{0}\": invalid syntax")]
pub struct NotANumber(pub String);

impl From<NotANumber> for Status {
    fn from(odd: NotANumber) -> Self {
        Self::bad_request(odd.to_string())
    }
}

/// What a request is authorised by.
const DECIDING: [&str; 3] = ["fieldSelector", "labelSelector", "watch"];

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
        first.is_some_and(|(_, value)| !value.eq_ignore_ascii_case("false") && value != "0")
    }

    /// As [`Query::is_set`]; `None` if nothing is said.
    pub fn says(&self, name: &str) -> Option<bool> {
        self.pairs
            .iter()
            .any(|(key, _)| key == name)
            .then(|| self.is_set(name))
    }

    /// # Errors
    /// It is no number of 64 bits.
    pub fn number(&self, name: &str) -> Result<Option<i64>, NotANumber> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let parsed = text.parse();
        parsed.map(Some).map_err(|_| NotANumber(text.to_owned()))
    }

    /// The only name that a field selector lets through.
    pub fn name_selected(&self) -> Option<String> {
        let name = Fields::exact_in(self.get("fieldSelector")?, "metadata.name")?;
        (!name.is_empty()).then_some(name)
    }
}

/// A query for another server that reads it by rules of its own: written anew from what is read here, so that it does what was
/// authorised.
///
/// # Errors
/// Why it could be read in more than one way.
pub fn passed_on(text: &str) -> Result<String, &'static str> {
    let mut after = text.split('%').skip(1);
    let is_escape = |it: &str| it.len() >= 2 && it.bytes().take(2).all(|it| it.is_ascii_hexdigit());
    if text.contains(';') || !after.all(is_escape) {
        return Err("the query has a semicolon or an escape that is none");
    }
    if form_urlencoded::parse(text.as_bytes())
        .nth(MOST_PAIRS)
        .is_some()
    {
        return Err("the query has too many parts");
    }
    let query = Query::parse(text);
    if DECIDING.iter().any(|it| query.all(it).nth(1).is_some()) {
        return Err("the query says twice what decides about it");
    }
    let mut out = form_urlencoded::Serializer::new(String::new());
    out.extend_pairs(&query.pairs);
    Ok(out.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_no_and_numbers() {
        let query = Query::parse("a&b=false&c=0&d=true&n=12&m=x&e=&f=False");
        for (name, expected) in [
            ("a", true),
            ("b", false),
            ("c", false),
            ("f", false),
            ("d", true),
            ("z", false),
        ] {
            assert_eq!(query.is_set(name), expected, "{name}");
        }
        assert_eq!(query.says("z"), None);
        assert_eq!(query.number("n"), Ok(Some(12)));
        assert_eq!(query.number("e"), Ok(None));
        let odd = query.number("m").unwrap_err();
        let text = "strconv.ParseInt: parsing \"x\": invalid syntax";
        assert_eq!(odd.to_string(), text);
    }

    #[test]
    fn only_what_is_read_in_one_way_is_passed_on() {
        let many = "a&".repeat(MOST_PAIRS + 1);
        for (text, expected) in [
            ("", Some("")),
            ("a=b&a=c&%61=+%2b", Some("a=b&a=c&a=+%2B")),
            (
                "fieldSelector=metadata.name%3Dx",
                Some("fieldSelector=metadata.name%3Dx"),
            ),
            ("fieldSelector=&fieldSelector=metadata.name%3Dmine", None),
            ("field%53elector=a&fieldSelector=b", None),
            ("watch=0&watch=1", None),
            ("labelSelector=a&labelSelector=b", None),
            ("fieldSelector=a;b", None),
            ("fieldSelector=%zz", None),
            ("a=%4", None),
            (many.as_str(), None),
        ] {
            assert_eq!(passed_on(text).ok().as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn an_escaped_comma_parts_nothing() {
        let of = |text: &str| Query::parse(text).name_selected();
        assert_eq!(
            of("fieldSelector=a!=b,metadata.name=mine").as_deref(),
            Some("mine")
        );
        assert_eq!(of("fieldSelector=a!=b%5C,metadata.name=mine"), None);
        assert_eq!(
            of("fieldSelector=a!=b%5C,c,metadata.name==mine").as_deref(),
            Some("mine")
        );
    }
}
