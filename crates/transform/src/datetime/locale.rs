//! Names of months, days and halves of the day in other languages than English.
//!
//! The names are those of glibc's locales. Java's, by which AWS reads, differ in how they shorten names, so a short name
//! is glibc's, or as much of the whole name as the text has, with or without a dot.

use crate::{BadTransformer, bad};

/// Letters that a shortened month has at least, and a shortened day.
const SHORT_MONTH: usize = 3;
const SHORT_DAY: usize = 2;
/// Characters of a locale that is not known, as its refusal has them.
const SHOWN: usize = 35;

#[derive(Debug, Clone, Copy)]
pub(super) struct Locale {
    months: &'static [&'static str],
    /// As they stand by themselves, where that is another form.
    other_months: Option<&'static [&'static str]>,
    short_months: &'static [&'static str],
    days: &'static [&'static str],
    short_days: &'static [&'static str],
    /// Before noon and after it; empty where the language has no words for them.
    halves: &'static [&'static str],
    java: Java,
}

/// What names have in Java that glibc's have not.
#[derive(Debug, Clone, Copy)]
struct Java {
    /// Further short months, with their numbers from zero.
    short_months: &'static [(usize, &'static str)],
    /// What a month may end with.
    month_ending: &'static str,
    /// What a short day may begin with.
    day_beginning: &'static str,
}

const AS_GLIBC: Java = Java {
    short_months: &[],
    month_ending: "",
    day_beginning: "",
};

const CZECH: Java = Java {
    short_months: &[(5, "čvn"), (6, "čvc")],
    ..AS_GLIBC
};
const FINNISH: Java = Java {
    month_ending: "ta",
    ..AS_GLIBC
};
const CHINESE: Java = Java {
    day_beginning: "周",
    ..AS_GLIBC
};

macro_rules! of {
    ($locale:ident) => {
        of!($locale, AS_GLIBC)
    };
    ($locale:ident, $java:expr) => {{
        use pure_rust_locales::$locale::LC_TIME;
        Locale {
            months: LC_TIME::MON,
            other_months: LC_TIME::ALT_MON,
            short_months: LC_TIME::ABMON,
            days: LC_TIME::DAY,
            short_days: LC_TIME::ABDAY,
            halves: LC_TIME::AM_PM,
            java: $java,
        }
    }};
}

impl Locale {
    /// Reads `de`, `pt-BR` or `fr_CA`; `None` for English, which is also what is taken where no locale is given.
    pub fn parse(given: Option<&str>) -> Result<Option<Self>, BadTransformer> {
        let Some(given) = given else {
            return Ok(None);
        };
        let unsupported = || {
            let shown: String = given.chars().take(SHOWN).collect();
            bad(format!(
                "The locale {shown:?} is not supported by this version of wharf."
            ))
        };
        let tag = given.to_ascii_lowercase();
        let mut parts = tag.split(['-', '_']);
        let language = parts.next().unwrap_or_default();
        let more: Vec<&str> = parts.collect();
        let is_subtag = |it: &&str| {
            (2..=8).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_alphanumeric())
        };
        if !more.iter().all(is_subtag) {
            return Err(unsupported());
        }
        let is_of = |region: &str| more.contains(&region);
        Ok(Some(match language {
            // As AWS names the one that is of no language.
            "root" | "locale.root" | "en" => return Ok(None),
            "bg" => of!(bg_BG),
            "cs" => of!(cs_CZ, CZECH),
            "da" => of!(da_DK),
            "de" if is_of("at") => of!(de_AT),
            "de" => of!(de_DE),
            "el" => of!(el_GR),
            "es" => of!(es_ES),
            "fi" => of!(fi_FI, FINNISH),
            "fr" => of!(fr_FR),
            "hr" => of!(hr_HR),
            "hu" => of!(hu_HU),
            "it" => of!(it_IT),
            "ja" => of!(ja_JP),
            "ko" => of!(ko_KR),
            "nb" | "no" => of!(nb_NO),
            "nl" => of!(nl_NL),
            "nn" => of!(nn_NO),
            "pl" => of!(pl_PL),
            "pt" => of!(pt_PT),
            "ro" => of!(ro_RO),
            "ru" => of!(ru_RU),
            "sk" => of!(sk_SK),
            "sl" => of!(sl_SI),
            "sv" => of!(sv_SE),
            "tr" => of!(tr_TR),
            "uk" => of!(uk_UA),
            "zh" if is_of("tw") || is_of("hant") || is_of("hk") => of!(zh_TW),
            "zh" => of!(zh_CN, CHINESE),
            _ => return Err(unsupported()),
        }))
    }

    /// The number of a month, from 1, and what follows its name.
    pub fn month<'t>(&self, text: &'t str, is_short: bool) -> Option<(u32, &'t str)> {
        let other = self.other_months.unwrap_or_default();
        let whole = || numbered(self.months).chain(numbered(other));
        let found = if is_short {
            let java = self.java.short_months.iter().copied();
            let short = numbered(self.short_months).chain(java);
            let short = short.map(|(number, name)| (number, all_of(text, without_dot(name))));
            let begun = whole().map(|(number, name)| (number, some_of(text, name, SHORT_MONTH)));
            longest(short.chain(begun))
        } else {
            let ending = self.java.month_ending;
            longest(whole().map(|(number, name)| {
                let bytes = all_of(text, name);
                (
                    number,
                    bytes.map(|it| it + all_of(&text[it..], ending).unwrap_or(0)),
                )
            }))
        };
        let (number, bytes) = found?;
        Some((u32::try_from(number + 1).ok()?, &text[bytes..]))
    }

    /// What follows the name of a day.
    pub fn day<'t>(&self, text: &'t str, is_short: bool) -> Option<&'t str> {
        let found = if is_short {
            let before = self.java.day_beginning;
            let behind = text.strip_prefix(before).unwrap_or(text);
            let skipped = text.len() - behind.len();
            let short = numbered(self.short_days).map(|(number, name)| {
                let bytes = all_of(behind, without_dot(name));
                (number, bytes.map(|it| it + skipped))
            });
            let days = numbered(self.days);
            let begun = days.map(|(number, name)| (number, some_of(text, name, SHORT_DAY)));
            longest(short.chain(begun))
        } else {
            let days = numbered(self.days);
            longest(days.map(|(number, name)| (number, all_of(text, name))))
        };
        let (_, bytes) = found?;
        Some(&text[bytes..])
    }

    /// Whether a half of the day is the later one, and what follows its name.
    pub fn half<'t>(&self, text: &'t str) -> Option<(bool, &'t str)> {
        let named = numbered(self.halves).filter(|it| !it.1.is_empty());
        let found = longest(named.map(|(number, name)| (number, all_of(text, name))));
        let (number, bytes) = found?;
        Some((number == 1, &text[bytes..]))
    }
}

/// Names with their numbers; some are padded.
fn numbered(names: &'static [&'static str]) -> impl Iterator<Item = (usize, &'static str)> {
    names.iter().map(|it| it.trim()).enumerate()
}

fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// The longest of some names in a text, by the bytes that they take there; none if that may be one or another.
fn longest(names: impl Iterator<Item = (usize, Option<usize>)>) -> Option<(usize, usize)> {
    let (mut best, mut is_clear) = (None, false);
    for (number, bytes) in names {
        let Some(bytes) = bytes else {
            continue;
        };
        match best {
            Some((_, most)) if bytes < most => {}
            Some((other, most)) if bytes == most => is_clear &= other == number,
            _ => (best, is_clear) = (Some((number, bytes)), true),
        }
    }
    best.filter(|_| is_clear)
}

/// How many characters of a name a text begins with, in capitals or not, and the bytes that they take in the text.
fn common(text: &str, name: &str) -> (usize, usize) {
    let same = |it: &(char, char)| it.0 == it.1 || it.0.to_lowercase().eq(it.1.to_lowercase());
    let both = text.chars().zip(name.chars()).take_while(same);
    both.fold((0, 0), |(count, bytes), (in_text, _)| {
        (count + 1, bytes + in_text.len_utf8())
    })
}

fn all_of(text: &str, name: &str) -> Option<usize> {
    some_of(text, name, usize::MAX)
}

/// The bytes that a name takes at the beginning of a text, the whole of it or so many of its letters.
fn some_of(text: &str, name: &str, least: usize) -> Option<usize> {
    let (count, bytes) = common(text, name);
    let is_enough = count >= least || count == name.chars().count();
    is_enough.then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datetime::pattern::Pattern;

    fn read(locale: &str, pattern: &str, text: &str) -> Option<String> {
        let locale = Locale::parse(Some(locale)).unwrap();
        let (wall, _) = Pattern::parse(pattern)
            .unwrap()
            .read(text, locale.as_ref())?;
        Some(wall.format("%Y-%m-%d %H").to_string())
    }

    #[test]
    fn names_are_read_in_their_language() {
        for (locale, pattern, text, expected) in [
            ("de", "dd. MMMM yyyy", "02. März 2026", "2026-03-02 00"),
            ("de-AT", "dd. MMMM yyyy", "02. Jänner 2026", "2026-01-02 00"),
            (
                "de_DE",
                "EEE, dd.MMM.yyyy",
                "Fr, 02.Jan.2026",
                "2026-01-02 00",
            ),
            (
                "de",
                "EEE, dd. MMM yyyy",
                "Mi., 02. Sept. 2026",
                "2026-09-02 00",
            ),
            (
                "de",
                "dd. MMM yyyy a h",
                "02. mär 2026 PM 3",
                "2026-03-02 15",
            ),
            (
                "fr",
                "EEEE d MMMM yyyy",
                "vendredi 2 janvier 2026",
                "2026-01-02 00",
            ),
            ("fr-CA", "d MMM yyyy", "2 juill. 2026", "2026-07-02 00"),
            (
                "es",
                "d 'de' MMMM 'de' yyyy",
                "2 de enero de 2026",
                "2026-01-02 00",
            ),
            ("it", "EEE dd MMM yyyy", "ven 02 gen 2026", "2026-01-02 00"),
            ("pt-BR", "dd/MMM/yyyy", "02/mar/2026", "2026-03-02 00"),
            ("nl", "d MMM yyyy", "2 mrt. 2026", "2026-03-02 00"),
            ("sv", "d MMM yyyy", "2 maj 2026", "2026-05-02 00"),
            ("da", "d. MMMM yyyy", "2. juni 2026", "2026-06-02 00"),
            ("nb", "d. MMM yyyy", "2. des. 2026", "2026-12-02 00"),
            (
                "nn",
                "EEEE d. MMM yyyy",
                "laurdag 2. mai 2026",
                "2026-05-02 00",
            ),
            ("fi", "d. MMMM yyyy", "2. tammikuuta 2026", "2026-01-02 00"),
            ("fi", "d. MMMM yyyy", "2. tammikuu 2026", "2026-01-02 00"),
            ("fi", "d. MMM yyyy", "2. jouluk. 2026", "2026-12-02 00"),
            (
                "pl",
                "EEE d MMMM yyyy",
                "śr. 2 września 2026",
                "2026-09-02 00",
            ),
            ("pl", "LLLL yyyy", "wrzesień 2026", "2026-09-01 00"),
            ("cs", "d. MMMM yyyy", "2. července 2026", "2026-07-02 00"),
            ("cs", "d. MMMM yyyy", "2. června 2026", "2026-06-02 00"),
            ("cs", "d. MMM yyyy", "2. čvc 2026", "2026-07-02 00"),
            ("ru", "d MMMM yyyy", "2 ЯНВАРЯ 2026", "2026-01-02 00"),
            ("ru", "EE, d MMM yyyy", "Пн, 2 нояб. 2026", "2026-11-02 00"),
            ("tr", "dd MMM yyyy", "02 Ağu 2026", "2026-08-02 00"),
            (
                "ja",
                "yyyy年MMMd日 ah時",
                "2026年1月2日 午後3時",
                "2026-01-02 15",
            ),
            (
                "ja-JP",
                "yyyy年MMMMd日(E)",
                "2026年11月2日(月)",
                "2026-11-02 00",
            ),
            (
                "ko",
                "yyyy년 MMM d일 a h시",
                "2026년 12월 2일 오전 3시",
                "2026-12-02 03",
            ),
            (
                "zh-CN",
                "yyyy年MMMMd日 EEE a h",
                "2026年十一月2日 周一 下午 3",
                "2026-11-02 15",
            ),
            (
                "zh_Hans_CN",
                "yyyy年MMMd日 EEEE",
                "2026年11月2日 星期一",
                "2026-11-02 00",
            ),
            (
                "zh-TW",
                "yyyy年MMMMd日 EEEE",
                "2026年十月2日 週五",
                "2026-10-02 00",
            ),
            ("hu", "yyyy. MMM d.", "2026. febr. 2.", "2026-02-02 00"),
            ("uk", "d MMM yyyy", "2 черв. 2026", "2026-06-02 00"),
            (
                "el",
                "d MMMM yyyy a h",
                "2 Ιανουαρίου 2026 μμ 3",
                "2026-01-02 15",
            ),
            ("en-GB", "d MMM yyyy", "2 Jan 2026", "2026-01-02 00"),
            (
                "locale.ROOT",
                "d MMMM yyyy",
                "2 January 2026",
                "2026-01-02 00",
            ),
        ] {
            assert_eq!(
                read(locale, pattern, text).as_deref(),
                Some(expected),
                "{locale} {pattern} {text}"
            );
        }
    }

    #[test]
    fn what_is_no_name_or_more_than_one_is_not_read() {
        for (locale, pattern, text) in [
            ("de", "MMM yyyy", "Foo 2026"),
            ("de", "MMM yyyy", "Ja 2026"),
            ("de", "MMMM yyyy", "Sept 2026"),
            // juin or juillet, červen or červenec.
            ("fr", "MMM yyyy", "jui 2026"),
            ("cs", "MMM yyyy", "červ 2026"),
            ("ja", "yyyy年MMM", "2026年"),
            ("ja", "yyyy年MMM", "2026年13月"),
        ] {
            assert_eq!(read(locale, pattern, text), None, "{locale} {text}");
        }
    }

    #[test]
    fn other_locales_are_refused_by_name() {
        for locale in ["tlh", "", "de-", "german", "de-12345678901234567890", "e n"] {
            let refused = Locale::parse(Some(locale)).unwrap_err().to_string();
            let expected =
                format!("The locale {locale:?} is not supported by this version of wharf.");
            assert_eq!(refused, expected);
        }
        let long = Locale::parse(Some(&"x".repeat(10_000))).unwrap_err();
        assert!(long.to_string().len() < 100);
        assert!(Locale::parse(None).unwrap().is_none());
    }
}
