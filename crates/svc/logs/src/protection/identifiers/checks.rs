//! Digits that check others, in numbers of persons, companies and accounts.

/// The digits of a text, whatever is between them.
fn digits(text: &str) -> Vec<u32> {
    text.chars().filter_map(|it| it.to_digit(10)).collect()
}

/// The letters and digits of a text.
fn signs(text: &str) -> Vec<char> {
    text.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn number(digits: &[u32]) -> u64 {
    digits.iter().fold(0, |all, it| all * 10 + u64::from(*it))
}

fn weighed(digits: &[u32], weights: impl IntoIterator<Item = u32>) -> u32 {
    digits.iter().zip(weights).map(|(it, by)| it * by).sum()
}

/// The rule of Luhn, of cards and others.
fn by_luhn(digits: &[u32]) -> bool {
    let each = digits.iter().rev().enumerate();
    let sum: u32 = each
        .map(|(at, digit)| match at % 2 {
            0 => *digit,
            _ => digit * 2 / 10 + digit * 2 % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

pub(super) fn is_social_insurance(text: &str) -> bool {
    by_luhn(&digits(text))
}

/// Of a provider in the United States: a card of the issuer 80840.
pub(super) fn is_provider(text: &str) -> bool {
    let card = [8, 0, 8, 4, 0].into_iter().chain(digits(text));
    by_luhn(&card.collect::<Vec<_>>())
}

pub(super) fn is_drug_agency(text: &str) -> bool {
    let digits = digits(text);
    let [a, b, c, d, e, f, check] = digits[..] else {
        return false;
    };
    (a + c + e + 2 * (b + d + f)) % 10 == check
}

pub(super) fn is_health_service(text: &str) -> bool {
    let digits = digits(text);
    let Some((check, all)) = digits.split_last() else {
        return false;
    };
    (11 - weighed(all, (2..=10).rev()) % 11) % 11 == *check
}

/// Eleven digits of a person in Brazil, of which the last two check the others.
pub(super) fn is_cpf(text: &str) -> bool {
    let digits = digits(text);
    let check = |count: usize| {
        let weights = (2..=count as u32 + 1).rev();
        weighed(&digits[..count], weights) * 10 % 11 % 10
    };
    digits.len() == 11
        && digits.iter().any(|it| *it != digits[0])
        && check(9) == digits[9]
        && check(10) == digits[10]
}

/// Fourteen of a company there.
pub(super) fn is_cnpj(text: &str) -> bool {
    const WEIGHTS: [u32; 13] = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2];
    let digits = digits(text);
    let check = |count: usize| {
        let rest = weighed(&digits[..count], WEIGHTS.into_iter().skip(13 - count)) % 11;
        if rest < 2 { 0 } else { 11 - rest }
    };
    digits.len() == 14
        && digits.iter().any(|it| *it != digits[0])
        && check(12) == digits[12]
        && check(13) == digits[13]
}

/// Of a person in France: what the last two digits lack to 97.
pub(super) fn is_insee(text: &str) -> bool {
    let signs = signs(text);
    // Of the two parts of Corsica.
    let plain: String = match signs.iter().position(|it| matches!(it, 'A' | 'B')) {
        Some(6) => {
            let department = if signs[6] == 'A' { "19" } else { "18" };
            let (before, behind) = (&signs[..5], &signs[7..]);
            let before: String = before.iter().collect();
            before + department + &behind.iter().collect::<String>()
        }
        _ => signs.iter().collect(),
    };
    let digits = digits(&plain);
    digits.len() == 15 && 97 - number(&digits[..13]) % 97 == number(&digits[13..])
}

const SPANISH: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";

/// A number and the letter that checks it; of foreigners and of those without a card of their own with a letter before.
pub(super) fn is_spanish(text: &str) -> bool {
    let signs = signs(text);
    let Some((letter, all)) = signs.split_last() else {
        return false;
    };
    let all: String = all.iter().collect();
    let first = all.chars().next();
    let plain = match first {
        Some('X' | 'K' | 'L' | 'M') => format!("0{}", &all[1..]),
        Some('Y') => format!("1{}", &all[1..]),
        Some('Z') => format!("2{}", &all[1..]),
        _ => all,
    };
    plain
        .parse::<usize>()
        .is_ok_and(|it| char::from(SPANISH[it % 23]) == *letter)
}

/// Of a company in Spain: a letter, seven digits, and a digit or letter that checks them.
pub(super) fn is_cif(text: &str) -> bool {
    let signs = signs(text);
    let inner = signs.get(1..signs.len().saturating_sub(1));
    let digits = digits(&inner.unwrap_or_default().iter().collect::<String>());
    let Some(last) = signs.last().filter(|_| digits.len() == 7) else {
        return false;
    };
    let each = digits.iter().enumerate();
    let sum: u32 = each
        .map(|(at, digit)| match at % 2 {
            0 => digit * 2 / 10 + digit * 2 % 10,
            _ => *digit,
        })
        .sum();
    let check = (10 - sum % 10) % 10;
    let letter = b"JABCDEFGHI"[check as usize];
    last.to_digit(10) == Some(check) || *last == char::from(letter)
}

/// Of social security in Spain: the remainder by 97 at its end.
pub(super) fn is_spanish_social(text: &str) -> bool {
    let digits = digits(text);
    if !(11..=12).contains(&digits.len()) {
        return false;
    }
    let (all, check) = digits.split_at(digits.len() - 2);
    let (province, own) = (number(&all[..2]), number(&all[2..]));
    let whole = match own < 10_000_000 {
        true => own + province * 10_000_000,
        false => number(all),
    };
    whole % 97 == number(check)
}

/// Eleven digits of a person in Germany, by ISO 7064.
pub(super) fn is_german_tax(text: &str) -> bool {
    let digits = digits(text);
    let Some((check, all)) = digits.split_last() else {
        return false;
    };
    let product = all.iter().fold(10, |product, digit| {
        let sum = (digit + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    digits.len() == 11 && (11 - product) % 10 == *check
}

/// Thirteen of a person in France: the last three are the remainder by 511.
pub(super) fn is_french_tax(text: &str) -> bool {
    let digits = digits(text);
    digits.len() == 13 && number(&digits[..10]) % 511 == number(&digits[10..])
}

/// Ten of a taxpayer in the United Kingdom: the first checks the others.
pub(super) fn is_british_tax(text: &str) -> bool {
    const CHECKS: [u32; 11] = [2, 1, 9, 8, 7, 6, 5, 4, 3, 2, 1];
    let digits = digits(text);
    let Some((check, all)) = digits.split_first() else {
        return false;
    };
    let sum = weighed(all, [6, 7, 8, 9, 10, 5, 4, 3, 2]);
    all.len() == 9 && CHECKS[(sum % 11) as usize] == *check
}

/// The card of a German: nine signs, and maybe a digit that checks them.
pub(super) fn is_german_card(text: &str) -> bool {
    let signs = signs(text);
    let values: Option<Vec<u32>> = signs.iter().take(9).map(|it| it.to_digit(36)).collect();
    let sum = weighed(&values.unwrap_or_default(), [7, 3, 1].into_iter().cycle());
    let check = signs.get(9).and_then(|it| it.to_digit(10));
    signs.iter().any(char::is_ascii_digit) && check.is_none_or(|it| it == sum % 10)
}

/// The code of an Italian: the last letter checks the others.
pub(super) fn is_italian(text: &str) -> bool {
    /// What digits, and letters from A on, are worth at odd places.
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    let place = |it: char| match it.to_digit(36) {
        Some(digit @ 0..=9) => digit,
        Some(letter) => letter - 10,
        None => 0,
    };
    let signs = signs(text);
    let Some((last, all)) = signs.split_last() else {
        return false;
    };
    let each = all.iter().enumerate();
    let sum: u32 = each
        .map(|(at, it)| match at % 2 {
            0 => ODD[place(*it) as usize % 26],
            _ => place(*it),
        })
        .sum();
    place(*last) == sum % 26 && last.is_ascii_uppercase()
}

/// Of national insurance in the United Kingdom, which some letters never begin.
pub(super) fn is_national_insurance(text: &str) -> bool {
    let never = ["BG", "GB", "KN", "NK", "NT", "TN", "ZZ"];
    !never.iter().any(|it| text.starts_with(it))
}

/// A number with its country.
pub(super) fn has_country(text: &str) -> bool {
    text.starts_with('+')
}

/// Four at least.
pub(super) fn has_digits(text: &str) -> bool {
    digits(text).len() >= 4
}
