//! Processors as they are written, in JSON.

use serde::Deserialize;

/// An object with one member, whose name says what is done.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Processor {
    AddKeys(Entries<AddKey>),
    CopyValue(Entries<FromTo>),
    Csv(Csv),
    DateTimeConverter(DateTimeConverter),
    DeleteKeys(WithKeys),
    Grok(Grok),
    ListToMap(ListToMap),
    LowerCaseString(WithKeys),
    MoveKeys(Entries<FromTo>),
    #[serde(rename = "parseJSON")]
    ParseJson(ParseJson),
    ParseKeyValue(ParseKeyValue),
    RenameKeys(Entries<Rename>),
    SplitString(Entries<Split>),
    SubstituteString(Entries<Substitute>),
    TrimString(WithKeys),
    TypeConverter(Entries<Convert>),
    UpperCaseString(WithKeys),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entries<T> {
    pub entries: Vec<T>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct WithKeys {
    pub with_keys: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AddKey {
    pub key: String,
    pub value: String,
    #[serde(default)]
    pub overwrite_if_exists: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct FromTo {
    pub source: String,
    pub target: String,
    #[serde(default)]
    pub overwrite_if_exists: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Rename {
    pub key: String,
    pub rename_to: String,
    #[serde(default)]
    pub overwrite_if_exists: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Split {
    pub source: String,
    pub delimiter: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Substitute {
    pub source: String,
    pub from: String,
    pub to: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Convert {
    pub key: String,
    #[serde(rename = "type")]
    pub to: Type,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Type {
    Boolean,
    Integer,
    Double,
    String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParseJson {
    pub source: Option<String>,
    pub destination: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Grok {
    pub source: Option<String>,
    #[serde(rename = "match")]
    pub pattern: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Csv {
    pub quote_character: Option<String>,
    pub delimiter: Option<String>,
    #[serde(default)]
    pub columns: Vec<String>,
    pub source: Option<String>,
    pub destination: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ParseKeyValue {
    pub source: Option<String>,
    pub destination: Option<String>,
    pub field_delimiter: Option<String>,
    pub key_value_delimiter: Option<String>,
    pub key_prefix: Option<String>,
    pub non_match_value: Option<String>,
    #[serde(default)]
    pub overwrite_if_exists: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ListToMap {
    pub source: String,
    pub key: String,
    pub value_key: Option<String>,
    pub target: Option<String>,
    #[serde(default)]
    pub flatten: bool,
    pub flattened_element: Option<Element>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Element {
    First,
    Last,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DateTimeConverter {
    pub source: String,
    pub target: String,
    pub target_format: Option<String>,
    pub match_patterns: Vec<String>,
    pub source_timezone: Option<String>,
    pub target_timezone: Option<String>,
    pub locale: Option<String>,
}
