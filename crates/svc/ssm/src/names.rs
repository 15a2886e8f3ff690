//! Names, ARNs and selectors of parameters. Pure.
//!
//! A name without a path may be written with or without a slash before it: `plain` and `/plain` are one
//! parameter. Its key is the name without that slash.

use wharf_base::Arn;
use wharf_records::Scope;
use wharf_service::Place;
use wharf_wire::Fault;

use crate::fault;

/// In keys and in ARNs.
pub const SERVICE: &str = "ssm";
/// Everything below it belongs to AWS: facts about the installation and references.
const RESERVED: &str = "/aws/";
/// What lies below it is read from Secrets Manager.
pub const SECRETS: &str = "/aws/reference/secretsmanager/";
const MAX_LEVELS: usize = 15;
/// Characters of a parameter's ARN.
const MAX_ARN: usize = 1011;

const RULES: &str = "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a \
                     path, it can consist of sub-paths divided by slash symbol; each sub-path can be \
                     formed as a mix of letters, numbers and the following 3 symbols .-_";

pub fn scope(place: &Place) -> Scope {
    Scope::new(SERVICE, &place.account, &place.region)
}

/// The ARN of a parameter; one of AWS's own has no account.
pub fn arn(place: &Place, name: &str) -> String {
    let account = match name.starts_with(RESERVED) && !name.starts_with(SECRETS) {
        true => "",
        false => &place.account,
    };
    let resource = format!("parameter/{}", key_name(name));
    Arn::new(SERVICE, &place.region, account, resource).to_string()
}

/// What a parameter is kept under.
pub fn key_name(name: &str) -> &str {
    name.strip_prefix('/').unwrap_or(name)
}

/// What a request for a parameter names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub target: Target,
    /// A version or a label, without its colon.
    pub selector: Option<String>,
    /// The name to answer with, if it was a name rather than an ARN.
    pub shown: Option<String>,
}

/// Where the parameter is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One of the account's, by its key.
    Own(String),
    /// One of AWS's own, by its name.
    Public(String),
    /// A secret, by its id.
    Secret(String),
    /// An ARN of another account or region, or of something else.
    Elsewhere,
}

/// Reads the name or ARN of a request made at `place`.
///
/// # Errors
/// What can be no name, in AWS's words.
pub fn asked(place: &Place, given: &str) -> Result<Asked, Fault> {
    if !given.starts_with("arn:") {
        let (name, selector) = selected(given)?;
        return Ok(Asked {
            target: target(name)?,
            selector,
            shown: Some(name.to_owned()),
        });
    }
    let arn: Arn = given.parse().map_err(|_| fault::invalid(RULES))?;
    let (resource, selector) = selected(&arn.resource)?;
    let rest = resource.strip_prefix("parameter/");
    let here = arn.service == SERVICE && arn.region == place.region && arn.is_in_its_partition();
    let Some(rest) = rest.filter(|_| here) else {
        return Ok(Asked {
            target: Target::Elsewhere,
            selector,
            shown: None,
        });
    };
    let name = match rest.contains('/') {
        true => format!("/{rest}"),
        false => rest.to_owned(),
    };
    let target = target(&name)?;
    let owner = match target {
        Target::Public(_) => "",
        _ => &place.account,
    };
    Ok(Asked {
        target: if arn.account == owner {
            target
        } else {
            Target::Elsewhere
        },
        selector,
        shown: None,
    })
}

/// A name and the selector after its colon.
fn selected(given: &str) -> Result<(&str, Option<String>), Fault> {
    let mut parts = given.split(':');
    let name = parts.next().unwrap_or_default();
    match (parts.next(), parts.next()) {
        (None, _) => Ok((name, None)),
        (Some(selector), None) if !selector.is_empty() => Ok((name, Some(selector.to_owned()))),
        _ => Err(fault::invalid(
            "Invalid parameter name. Please use correct syntax for referencing a version/label  \
             <name>:<version/label>",
        )),
    }
}

fn target(name: &str) -> Result<Target, Fault> {
    if let Some(id) = name.strip_prefix(SECRETS) {
        return Ok(Target::Secret(id.to_owned()));
    }
    readable(name)?;
    Ok(match name.starts_with(RESERVED) {
        true => Target::Public(name.to_owned()),
        false => Target::Own(key_name(name).to_owned()),
    })
}

/// Whether a parameter can have that name.
fn readable(name: &str) -> Result<(), Fault> {
    let bare = key_name(name);
    let is_path = bare.contains('/');
    let segments = bare.split('/').all(is_segment);
    let is_ssm = begins(bare, "ssm");
    match segments && !is_ssm && (!is_path || name.starts_with('/')) {
        true => Ok(()),
        false => Err(fault::invalid(RULES)),
    }
}

fn is_segment(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    !text.is_empty() && text.bytes().all(fits)
}

fn begins(text: &str, with: &str) -> bool {
    let head = text.get(..with.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(with))
}

/// The name of a parameter that a request names by name alone: an ARN and a selector are none.
///
/// # Errors
/// As [`asked`].
pub fn plain(given: &str) -> Result<&str, Fault> {
    match given.contains(':') {
        true => Err(fault::invalid(RULES)),
        false => target(given).map(|_| given),
    }
}

/// A name that a new parameter may have.
///
/// # Errors
/// AWS's text for any other.
pub fn check(place: &Place, name: &str) -> Result<(), Fault> {
    let bare = key_name(name);
    if begins(bare, "aws") || begins(bare, "ssm") {
        return Err(prefixed(name));
    }
    if name.ends_with('/') {
        return Err(fault::invalid("Parameter name must not end with slash."));
    }
    if bare.contains('/') && !name.starts_with('/') {
        return Err(fault::invalid(
            "Parameter name must be a fully qualified name.",
        ));
    }
    readable(name)?;
    if bare.split('/').count() > MAX_LEVELS {
        return Err(
            wharf_api_ssm::faults::hierarchy_level_limit_exceeded_exception(format!(
                "A hierarchy can have a maximum of {MAX_LEVELS} levels."
            )),
        );
    }
    if arn(place, name).len() > MAX_ARN {
        return Err(fault::invalid(format!(
            "The parameter name is too long: its ARN can have a maximum of {MAX_ARN} characters."
        )));
    }
    Ok(())
}

/// Why a name that begins as those of AWS do is refused.
fn prefixed(name: &str) -> Fault {
    let is_path = name.matches('/').count() > 1;
    if is_path && begins(name, "/aws") {
        let text = format!("No access to reserved parameter name: {name}.");
        return Fault::sender("AccessDeniedException", 400, text);
    }
    fault::invalid(match is_path {
        true => RULES,
        false => "Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive).",
    })
}

/// Whether a path can have parameters below it.
///
/// # Errors
/// AWS's text for what is no path.
pub fn check_path(path: &str) -> Result<(), Fault> {
    let bare = path.strip_prefix('/');
    let bare = bare.map(|it| it.strip_suffix('/').unwrap_or(it));
    let fits = path == "/" || bare.is_some_and(|bare| bare.split('/').all(is_segment));
    let bare = bare.unwrap_or_default();
    let is_ours = begins(bare, "ssm") || (begins(bare, "aws") && !is_public(path));
    match fits && !is_ours {
        true => Ok(()),
        false => Err(fault::invalid(
            "The parameter doesn't meet the parameter name requirements. The parameter name must \
             begin with a forward slash \"/\". It can't be prefixed with \"aws\" or \"ssm\" \
             (case-insensitive). It must use only letters, numbers, or the following symbols: . \
             (period), - (hyphen), _ (underscore). Special characters are not allowed. All \
             sub-paths, if specified, must use the forward slash symbol \"/\". Valid example: \
             /get/parameters2-/by1./path0_.",
        )),
    }
}

/// Whether a path is one of AWS's own parameters.
pub fn is_public(path: &str) -> bool {
    path.starts_with("/aws/service/") || path == "/aws/service"
}

/// Whether a parameter lies below a path, at any depth or directly.
pub fn is_below(path: &str, name: &str, recursive: bool) -> bool {
    let Some(rest) = key_name(name).strip_prefix(&below(path)) else {
        return false;
    };
    !rest.is_empty() && (recursive || !rest.contains('/'))
}

/// What the keys of all parameters below a path begin with.
pub fn below(path: &str) -> String {
    let bare = key_name(path);
    match bare.is_empty() || bare.ends_with('/') {
        true => bare.to_owned(),
        false => format!("{bare}/"),
    }
}

#[cfg(test)]
mod tests;
