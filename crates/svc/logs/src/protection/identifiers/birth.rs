//! Dates of birth: days with their year, in digits or with the English name of the month.

use super::{Row, always, by_word};

const DATE: &str = r"(?i)[0-9]{1,2}[ /.-][0-9]{1,2}[ /.-](?:[0-9]{4}|[0-9]{2})|[0-9]{4}[ /.-][0-9]{1,2}[ /.-][0-9]{1,2}|(?:19|20)[0-9]{6}|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?[ /-][0-9]{1,2}(?:st|nd|rd|th)?,?[ /-][0-9]{4}|[0-9]{1,2}(?:st|nd|rd|th)?[ /-](?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?,?[ /-][0-9]{4}";

pub(super) static BIRTH: [Row; 1] = [by_word(
    "DateOfBirth",
    DATE,
    &[
        "dob",
        "date of birth",
        "birthdate",
        "birth date",
        "birthday",
        "b-day",
    ],
    always,
)];
