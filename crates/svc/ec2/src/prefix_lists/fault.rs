//! What is said about prefix lists that cannot be.

use wharf_wire::Fault;

fn sender(code: &'static str, text: String) -> Fault {
    Fault::sender(code, 400, text)
}

pub fn not_found(id: &str) -> Fault {
    let text = format!("The prefix list ID '{id}' does not exist");
    Fault::sender("InvalidPrefixListID.NotFound", 400, text)
}

pub fn bad_name(name: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!(
            "Value ({name}) for parameter PrefixListName is invalid. A prefix list name is 1 to 255 characters long and does not begin with com.amazonaws."
        ),
    )
}

pub fn bad_size(limit: u32) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("The maximum number of entries must be between 1 and {limit}."),
    )
}

pub fn bad_family(family: &str) -> Fault {
    sender(
        "UnsupportedOperation",
        format!("The address family {family} is not supported by this version of wharf."),
    )
}

pub fn bad_cidr(text: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Value ({text}) for parameter Cidr is invalid. This is not a valid CIDR block."),
    )
}

pub fn long_description() -> Fault {
    sender(
        "InvalidParameterValue",
        "The description of a prefix list entry has at most 255 characters.".to_owned(),
    )
}

pub fn duplicate(cidr: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Duplicate entry {cidr} in the request."),
    )
}

pub fn absent(cidr: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("The prefix list has no entry {cidr}."),
    )
}

pub fn too_many_entries(limit: u32) -> Fault {
    sender(
        "PrefixListMaxEntriesExceeded",
        format!("You have reached the maximum number of entries for this prefix list ({limit})."),
    )
}

pub fn too_many_changes(limit: usize) -> Fault {
    sender(
        "RequestEntryLimitExceeded",
        format!("At most {limit} entries can be added or removed by one request."),
    )
}

pub fn too_many_lists() -> Fault {
    sender(
        "PrefixListLimitExceeded",
        "You have reached the limit on the number of prefix lists.".to_owned(),
    )
}

pub fn too_many_users(id: &str, limit: usize) -> Fault {
    sender(
        "PrefixListReferenceLimitExceeded",
        format!(
            "The prefix list {id} is referenced by {limit} resources, which is as many as there may be."
        ),
    )
}

pub fn version(id: &str, given: i64, is: i64) -> Fault {
    sender(
        "PrefixListVersionMismatch",
        format!("The prefix list {id} has the version {is}, not {given}."),
    )
}

pub fn no_version(id: &str, given: i64) -> Fault {
    sender(
        "InvalidPrefixListVersion.NotFound",
        format!("The prefix list {id} has no version {given}."),
    )
}

pub fn size_and_entries() -> Fault {
    sender(
        "InvalidParameterCombination",
        "You cannot modify the entries of a prefix list and modify the size of a prefix list at the same time.".to_owned(),
    )
}

pub fn in_use(id: &str) -> Fault {
    sender(
        "DependencyViolation",
        format!("The prefix list '{id}' has dependencies and cannot be deleted."),
    )
}
