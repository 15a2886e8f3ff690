//! What is not there, since nobody can make it here.

use wharf_wire::Fault;

use super::sender;

pub fn launch_template_not_found(id: &str) -> Fault {
    sender(
        "InvalidLaunchTemplateId.NotFound",
        format!("The specified launch template, with template ID {id}, does not exist."),
    )
}

pub fn launch_template_name_not_found() -> Fault {
    sender(
        "InvalidLaunchTemplateName.NotFoundException",
        "At least one of the launch templates specified in the request does not exist.".to_owned(),
    )
}
