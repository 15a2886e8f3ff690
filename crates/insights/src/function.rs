//! The functions of values.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use ipnet::IpNet;

use crate::{convert, eval::number, value::Value};

/// Characters of a text that a function makes.
const LONGEST: usize = 1 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Abs,
    Ceil,
    Floor,
    Greatest,
    Least,
    Log,
    Sqrt,
    FromMillis,
    ToMillis,
    Now,
    Coalesce,
    JsonParse,
    JsonStringify,
    IsValidIp,
    IsValidIpv4,
    IsValidIpv6,
    IsIpInSubnet,
    IsIpv4InSubnet,
    IsIpv6InSubnet,
    IsEmpty,
    IsBlank,
    Concat,
    Ltrim,
    Rtrim,
    Trim,
    Strlen,
    ToUpper,
    ToLower,
    Substr,
    Replace,
    StrContains,
    Round,
    Haversine,
    ToNumber,
    ToInt,
    ToLong,
    If,
    Case,
    IsNumeric,
    MessageSize,
    JsonArraySize,
    JsonArrayContains,
    Ipv4ToNumber,
    IsPrivateIp,
    StartsWith,
    EndsWith,
    Split,
    Base64Encode,
    Base64Decode,
    HexToAscii,
    HexToDec,
    DecToHex,
    Md5,
    Sha256,
}

/// Name in small letters, the function, the least and the most that it is given.
const FUNCTIONS: &[(&str, Function, usize, usize)] = &[
    ("abs", Function::Abs, 1, 1),
    ("ceil", Function::Ceil, 1, 1),
    ("floor", Function::Floor, 1, 1),
    ("greatest", Function::Greatest, 1, MANY),
    ("least", Function::Least, 1, MANY),
    ("log", Function::Log, 1, 1),
    ("sqrt", Function::Sqrt, 1, 1),
    ("frommillis", Function::FromMillis, 1, 1),
    ("tomillis", Function::ToMillis, 1, 1),
    ("now", Function::Now, 0, 0),
    ("coalesce", Function::Coalesce, 1, MANY),
    ("jsonparse", Function::JsonParse, 1, 1),
    ("jsonstringify", Function::JsonStringify, 1, 1),
    ("isvalidip", Function::IsValidIp, 1, 1),
    ("isvalidipv4", Function::IsValidIpv4, 1, 1),
    ("isvalidipv6", Function::IsValidIpv6, 1, 1),
    ("isipinsubnet", Function::IsIpInSubnet, 2, 2),
    ("isipv4insubnet", Function::IsIpv4InSubnet, 2, 2),
    ("isipv6insubnet", Function::IsIpv6InSubnet, 2, 2),
    ("isempty", Function::IsEmpty, 1, 1),
    ("isblank", Function::IsBlank, 1, 1),
    ("concat", Function::Concat, 1, MANY),
    ("ltrim", Function::Ltrim, 1, 2),
    ("rtrim", Function::Rtrim, 1, 2),
    ("trim", Function::Trim, 1, 2),
    ("strlen", Function::Strlen, 1, 1),
    ("toupper", Function::ToUpper, 1, 1),
    ("tolower", Function::ToLower, 1, 1),
    ("substr", Function::Substr, 2, 3),
    ("replace", Function::Replace, 3, 3),
    ("strcontains", Function::StrContains, 2, 3),
    ("round", Function::Round, 1, 2),
    ("haversine", Function::Haversine, 4, 4),
    ("tonumber", Function::ToNumber, 1, 1),
    ("todouble", Function::ToNumber, 1, 1),
    ("toint", Function::ToInt, 1, 1),
    ("tolong", Function::ToLong, 1, 1),
    ("if", Function::If, 3, 3),
    ("case", Function::Case, 2, 21),
    ("isnumeric", Function::IsNumeric, 1, 1),
    ("messagesize", Function::MessageSize, 1, 1),
    ("jsonarraysize", Function::JsonArraySize, 1, 1),
    ("jsonarraycontains", Function::JsonArrayContains, 2, 2),
    ("ipv4tonumber", Function::Ipv4ToNumber, 1, 1),
    ("isprivateip", Function::IsPrivateIp, 1, 1),
    ("startswith", Function::StartsWith, 2, 2),
    ("endswith", Function::EndsWith, 2, 2),
    ("split", Function::Split, 2, 2),
    ("base64encode", Function::Base64Encode, 1, 1),
    ("base64decode", Function::Base64Decode, 1, 1),
    ("hextoascii", Function::HexToAscii, 1, 1),
    ("hextodec", Function::HexToDec, 1, 1),
    ("dectohex", Function::DecToHex, 1, 1),
    ("md5", Function::Md5, 1, 1),
    ("sha256", Function::Sha256, 1, 1),
];
/// A query is short, so this is no bound of its own.
const MANY: usize = usize::MAX;

impl Function {
    /// The function of that name, and how many values it is given.
    pub fn named(name: &str) -> Option<(Self, usize, usize)> {
        let name = name.to_ascii_lowercase();
        let found = FUNCTIONS.iter().find(|(known, ..)| *known == name)?;
        Some((found.1, found.2, found.3))
    }

    /// Whether it goes through texts for longer than what it makes of them says.
    pub fn is_costly(self) -> bool {
        matches!(
            self,
            Self::Md5 | Self::Sha256 | Self::JsonArraySize | Self::JsonArrayContains
        )
    }

    pub fn call<'e>(self, given: Vec<Value<'e>>, now: i64) -> Value<'e> {
        let first = given.first();
        let math = |of: fn(f64) -> f64| {
            let given = first.and_then(Value::number);
            given.map_or(Value::Null, |it| number(of(it)))
        };
        let text = |index: usize| given.get(index).and_then(Value::shown);
        let flag = |yes: Option<bool>| yes.map_or(Value::Null, Value::Bool);
        match self {
            Self::Abs => math(f64::abs),
            Self::Ceil => math(f64::ceil),
            Self::Floor => math(f64::floor),
            Self::Log => math(f64::ln),
            Self::Sqrt => math(f64::sqrt),
            Self::Greatest => best(&given, f64::max),
            Self::Least => best(&given, f64::min),
            Self::FromMillis => match first.and_then(Value::number) {
                Some(millis) => Value::Time(millis as i64),
                None => Value::Null,
            },
            Self::ToMillis => math(|it| it),
            // In seconds, as AWS has it.
            Self::Now => Value::Number(now.div_euclid(1000) as f64),
            Self::Coalesce => {
                let found = given.into_iter().find(|it| !it.is_null());
                found.unwrap_or(Value::Null)
            }
            Self::JsonParse => match text(0).map(|text| serde_json::from_str(&text)) {
                Some(Ok(json)) => match json {
                    tree @ (serde_json::Value::Object(_) | serde_json::Value::Array(_)) => {
                        Value::Tree(Arc::new(tree))
                    }
                    plain => Value::of_json(&plain),
                },
                Some(Err(_)) | None => Value::Null,
            },
            Self::JsonStringify => match first {
                Some(Value::Tree(tree)) => bounded(tree.to_string()),
                // Of each sign two, or six.
                _ => text(0).map_or(Value::Null, |text| match text.len() > LONGEST {
                    true => Value::Null,
                    false => bounded(serde_json::Value::from(text.as_ref()).to_string()),
                }),
            },
            Self::IsValidIp => flag(text(0).map(|it| it.parse::<IpAddr>().is_ok())),
            Self::IsValidIpv4 => {
                flag(text(0).map(|it| it.parse::<IpAddr>().is_ok_and(|it| it.is_ipv4())))
            }
            Self::IsValidIpv6 => {
                flag(text(0).map(|it| it.parse::<IpAddr>().is_ok_and(|it| it.is_ipv6())))
            }
            Self::IsIpInSubnet => flag(in_subnet(text(0), text(1), |_| true)),
            Self::IsIpv4InSubnet => flag(in_subnet(text(0), text(1), IpAddr::is_ipv4)),
            Self::IsIpv6InSubnet => flag(in_subnet(text(0), text(1), IpAddr::is_ipv6)),
            Self::IsEmpty => Value::Bool(text(0).is_none_or(|it| it.is_empty())),
            Self::IsBlank => Value::Bool(text(0).is_none_or(|it| it.trim().is_empty())),
            Self::Concat => {
                let mut all = String::new();
                for part in given.iter().filter_map(Value::shown) {
                    if all.len() + part.len() > LONGEST {
                        return Value::Null;
                    }
                    all.push_str(&part);
                }
                Value::owned(all)
            }
            Self::Ltrim | Self::Rtrim | Self::Trim => match text(0) {
                Some(it) => Value::owned(trimmed(self, &it, text(1).as_deref())),
                None => Value::Null,
            },
            Self::Strlen => {
                text(0).map_or(Value::Null, |it| Value::Number(it.chars().count() as f64))
            }
            Self::ToUpper => text(0).map_or(Value::Null, |it| bounded(it.to_uppercase())),
            Self::ToLower => text(0).map_or(Value::Null, |it| bounded(it.to_lowercase())),
            Self::Substr => match (text(0), given.get(1).and_then(Value::number)) {
                (Some(it), Some(from)) => {
                    let length = match given.get(2) {
                        Some(length) => length.number(),
                        None => Some(f64::INFINITY),
                    };
                    length.map_or(Value::Null, |length| {
                        // A cast ends at the type's own ends.
                        let rest = it.chars().skip(from.max(0.0) as usize);
                        Value::owned(rest.take(length.max(0.0) as usize).collect::<String>())
                    })
                }
                _ => Value::Null,
            },
            Self::Replace => match (text(0), text(1), text(2)) {
                (Some(it), Some(what), Some(with)) => replaced(&it, &what, &with),
                _ => Value::Null,
            },
            Self::StrContains => match (text(0), text(1)) {
                (Some(it), Some(part)) if text(2).is_some_and(|it| is_yes(&it)) => {
                    Value::Bool(it.to_lowercase().contains(&part.to_lowercase()))
                }
                (Some(it), Some(part)) => Value::Bool(it.contains(part.as_ref())),
                _ => Value::Bool(false),
            },
            Self::StartsWith => match (text(0), text(1)) {
                (Some(it), Some(part)) => Value::Bool(it.starts_with(part.as_ref())),
                _ => Value::Bool(false),
            },
            Self::EndsWith => match (text(0), text(1)) {
                (Some(it), Some(part)) => Value::Bool(it.ends_with(part.as_ref())),
                _ => Value::Bool(false),
            },
            Self::Split => match (text(0), text(1)) {
                (Some(it), Some(at)) => parts(&it, &at),
                _ => Value::Null,
            },
            Self::Round => {
                let places = given.get(1).map_or(Some(0.0), Value::number);
                let both = first.and_then(Value::number).zip(places);
                both.map_or(Value::Null, |(it, places)| {
                    number(convert::rounded(it, places))
                })
            }
            Self::Haversine => {
                let numbers: Option<Vec<f64>> = given.iter().map(Value::number).collect();
                match numbers.and_then(|it| it.try_into().ok()) {
                    Some(places) => number(convert::distance(places)),
                    None => Value::Null,
                }
            }
            Self::ToNumber => math(|it| it),
            Self::ToInt => whole(first, f64::from(i32::MIN), f64::from(i32::MAX)),
            Self::ToLong => whole(first, i64::MIN as f64, i64::MAX as f64),
            Self::If => {
                let mut all = given.into_iter();
                let holds = all.next().is_some_and(|it| it.is_true());
                let (yes, no) = (all.next(), all.next());
                let found = if holds { yes } else { no };
                found.unwrap_or(Value::Null)
            }
            Self::Case => {
                let mut all = given.into_iter();
                loop {
                    match (all.next(), all.next()) {
                        (Some(holds), Some(value)) if holds.is_true() => return value,
                        (Some(_), Some(_)) => {}
                        (Some(otherwise), None) => return otherwise,
                        (None, _) => return Value::Null,
                    }
                }
            }
            Self::IsNumeric => Value::Bool(first.and_then(Value::number).is_some()),
            Self::MessageSize => text(0).map_or(Value::Null, |it| Value::Number(it.len() as f64)),
            Self::JsonArraySize => {
                let size = first.and_then(|it| convert::of_list(it, <[serde_json::Value]>::len));
                size.map_or(Value::Null, |it| Value::Number(it as f64))
            }
            Self::JsonArrayContains => {
                let wanted = text(1).unwrap_or_default();
                let is_it = |it: &serde_json::Value| {
                    Value::of_json(it).shown().is_some_and(|it| it == wanted)
                };
                let found = first.and_then(|it| convert::of_list(it, |all| all.iter().any(is_it)));
                Value::Bool(found.unwrap_or(false))
            }
            Self::Ipv4ToNumber => {
                let found = text(0).and_then(|it| convert::address_number(&it));
                found.map_or(Value::Null, Value::Number)
            }
            Self::IsPrivateIp => {
                flag(text(0).map(|it| it.parse::<Ipv4Addr>().is_ok_and(|it| it.is_private())))
            }
            Self::Base64Encode => text(0).map_or(Value::Null, |it| bounded(convert::base64(&it))),
            Self::Base64Decode => of_text(text(0), convert::of_base64),
            Self::HexToAscii => of_text(text(0), convert::of_hex),
            Self::HexToDec => {
                let found = text(0).and_then(|it| convert::hex_number(&it));
                found.map_or(Value::Null, number)
            }
            Self::DecToHex => {
                let found = first.and_then(Value::number).and_then(convert::number_hex);
                found.map_or(Value::Null, Value::owned)
            }
            Self::Md5 => text(0).map_or(Value::Null, |it| Value::owned(convert::md5(&it))),
            Self::Sha256 => text(0).map_or(Value::Null, |it| Value::owned(convert::sha256(&it))),
        }
    }
}

fn is_yes(text: &str) -> bool {
    text == "1" || text.eq_ignore_ascii_case("true")
}

/// Without what is behind the point, within these bounds.
fn whole(of: Option<&Value<'_>>, least: f64, most: f64) -> Value<'static> {
    let found = of.and_then(Value::number).map(f64::trunc);
    let found = found.filter(|it| (least..=most).contains(it));
    found.map_or(Value::Null, Value::Number)
}

fn of_text(
    text: Option<std::borrow::Cow<'_, str>>,
    of: fn(&str) -> Option<String>,
) -> Value<'static> {
    let found = text.and_then(|it| of(&it));
    found.map_or(Value::Null, Value::owned)
}

/// A list of what is between the places where `at` stands.
fn parts(text: &str, at: &str) -> Value<'static> {
    let all: Vec<serde_json::Value> = match at.is_empty() {
        true => vec![text.into()],
        false => text.split(at).map(Into::into).collect(),
    };
    Value::Tree(Arc::new(serde_json::Value::Array(all)))
}

fn best(given: &[Value<'_>], of: fn(f64, f64) -> f64) -> Value<'static> {
    let found = given.iter().filter_map(Value::number).reduce(of);
    found.map_or(Value::Null, Value::Number)
}

fn trimmed(how: Function, text: &str, chars: Option<&str>) -> String {
    let goes = |c: char| match chars {
        Some(chars) => chars.contains(c),
        None => c.is_whitespace(),
    };
    let rest = match how {
        Function::Ltrim => text.trim_start_matches(goes),
        Function::Rtrim => text.trim_end_matches(goes),
        _ => text.trim_matches(goes),
    };
    rest.to_owned()
}

/// Nothing if it is longer than a text may be.
fn bounded(text: String) -> Value<'static> {
    match text.len() > LONGEST {
        true => Value::Null,
        false => Value::owned(text),
    }
}

/// Not larger than a text may be: a short text in the place of nothing is a large one.
fn replaced(text: &str, what: &str, with: &str) -> Value<'static> {
    if what.is_empty() {
        return Value::owned(text);
    }
    let count = text.matches(what).count();
    match text.len() + count * with.len() > LONGEST {
        true => Value::Null,
        false => Value::owned(text.replace(what, with)),
    }
}

fn in_subnet(
    address: Option<std::borrow::Cow<'_, str>>,
    subnet: Option<std::borrow::Cow<'_, str>>,
    fits: impl Fn(&IpAddr) -> bool,
) -> Option<bool> {
    let (address, subnet) = (address?, subnet?);
    let subnet: IpNet = subnet.parse().ok()?;
    let address: Result<IpAddr, _> = address.parse();
    Some(address.is_ok_and(|it| fits(&it) && subnet.contains(&it)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, given: &[&str]) -> Option<String> {
        let (function, ..) = Function::named(name).unwrap();
        let given = given.iter().map(|it| Value::text(it)).collect();
        let value = function.call(given, 1_700_000_000_999);
        value.shown().map(|it| it.into_owned())
    }

    #[test]
    fn what_has_no_decimal_places_is_not_rounded() {
        let large = format!("3{}", "0".repeat(300));
        assert_eq!(call("round", &["3e300", "15"]), Some(large));
    }

    #[test]
    fn functions() {
        for (name, given, result) in [
            ("abs", &["-2.5"][..], "2.5"),
            ("ceil", &["1.2"], "2"),
            ("floor", &["-1.2"], "-2"),
            ("greatest", &["1", "x", "7"], "7"),
            ("least", &["3", "2"], "2"),
            ("log", &["1"], "0"),
            ("sqrt", &["9"], "3"),
            ("fromMillis", &["0"], "1970-01-01 00:00:00.000"),
            ("toMillis", &["5"], "5"),
            ("now", &[], "1700000000"),
            ("jsonStringify", &["a\"b"], "\"a\\\"b\""),
            ("isValidIp", &["::1"], "1"),
            ("isValidIpv4", &["::1"], "0"),
            ("isValidIpv6", &["::1"], "1"),
            ("isIpInSubnet", &["10.1.2.3", "10.0.0.0/8"], "1"),
            ("isIpv6InSubnet", &["10.1.2.3", "10.0.0.0/8"], "0"),
            ("isIpv4InSubnet", &["11.1.2.3", "10.0.0.0/8"], "0"),
            ("isempty", &[""], "1"),
            ("isblank", &[" \t"], "1"),
            ("concat", &["a", "b", "c"], "abc"),
            ("ltrim", &["  a "], "a "),
            ("rtrim", &["xaxx", "x"], "xa"),
            ("trim", &["-+a+-", "+-"], "a"),
            ("strlen", &["größe"], "5"),
            ("toupper", &["ä"], "Ä"),
            ("tolower", &["AB"], "ab"),
            ("substr", &["größe", "2"], "öße"),
            ("substr", &["größe", "1", "2"], "rö"),
            ("substr", &["abc", "-5", "99999999999999999999"], "abc"),
            ("replace", &["a.b.c", ".", "--"], "a--b--c"),
            ("strcontains", &["abc", "bc"], "1"),
            ("strcontains", &["aBC", "bc", "true"], "1"),
            ("strcontains", &["aBC", "bc", "false"], "0"),
            ("startsWith", &["abc", "ab"], "1"),
            ("endsWith", &["abc", "ab"], "0"),
            ("split", &["a,b,,c", ","], r#"["a","b","","c"]"#),
            ("split", &["ab", ""], r#"["ab"]"#),
            ("round", &["2.5"], "3"),
            ("round", &["2.345", "1"], "2.3"),
            ("haversine", &["1", "2", "1", "2"], "0"),
            ("toNumber", &["2.5"], "2.5"),
            ("toDouble", &["2.5"], "2.5"),
            ("toInt", &["-2.9"], "-2"),
            ("toLong", &["3000000000.5"], "3000000000"),
            ("isNumeric", &["1e3"], "1"),
            ("isNumeric", &["ms"], "0"),
            ("messageSize", &["größe"], "7"),
            ("jsonArraySize", &["[1,[2],3]"], "3"),
            ("jsonArrayContains", &[r#"["a","b"]"#, "b"], "1"),
            ("jsonArrayContains", &["{}", "b"], "0"),
            ("ipv4ToNumber", &["10.0.0.1"], "167772161"),
            ("isPrivateIP", &["172.16.3.4"], "1"),
            ("isPrivateIP", &["8.8.8.8"], "0"),
            ("base64encode", &["hello"], "aGVsbG8="),
            ("base64decode", &["aGVsbG8="], "hello"),
            ("hexToAscii", &["48656c6c6f"], "Hello"),
            ("hexToDec", &["0xff"], "255"),
            ("decToHex", &["-255.9"], "-0xff"),
            ("md5", &["hello"], "5d41402abc4b2a76b9719d911017c592"),
            (
                "sha256",
                &["hello"],
                "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
            ),
            // A text is no condition that holds.
            ("if", &["true", "a", "b"], "b"),
            ("case", &["x", "a", "y", "b", "c"], "c"),
        ] {
            assert_eq!(
                call(name, given).as_deref(),
                Some(result),
                "{name} {given:?}"
            );
        }
        for (name, given) in [
            ("abs", &["x"][..]),
            ("log", &["0"]),
            ("sqrt", &["-1"]),
            ("jsonParse", &["{"]),
            ("isIpInSubnet", &["1.2.3.4", "1.2.3.4/99"]),
            ("toInt", &["3000000000"]),
            ("jsonArraySize", &["{}"]),
            ("base64decode", &["/w=="]),
            ("hexToAscii", &["ff"]),
            ("case", &["x", "a"]),
            ("replace", &[&"a".repeat(3000), "a", &"b".repeat(3000)]),
        ] {
            assert_eq!(call(name, given), None, "{name}");
        }
        assert!(Function::named("nope").is_none());
    }
}
