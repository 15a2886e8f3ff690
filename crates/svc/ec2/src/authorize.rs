//! What each operation does to which resource.

use wharf_api_ec2::Input;
use wharf_wire::{Check, Context};

use crate::records::arn;

pub fn checks(cx: &Context, input: Input<'_>) -> Vec<Check> {
    let action = input.action();
    let on = |kind: &str, id: &Option<String>| {
        let id = id.as_deref().unwrap_or_default();
        Check::new(action.clone(), arn(cx, kind, id))
    };
    let interface = |id| on("network-interface", id);
    match input {
        Input::CreateNetworkInterface(input) => {
            let groups = input.groups.iter().flatten();
            let groups = groups.map(|id| on("security-group", &Some(id.clone())));
            let new = [
                interface(&Some("*".to_owned())),
                on("subnet", &input.subnet_id),
            ];
            new.into_iter().chain(groups).collect()
        }
        Input::DeleteNetworkInterface(input) => vec![interface(&input.network_interface_id)],
        Input::AttachNetworkInterface(input) => vec![
            interface(&input.network_interface_id),
            on("instance", &input.instance_id),
        ],
        Input::ModifyNetworkInterfaceAttribute(input) => {
            let groups = input.groups.iter().flatten();
            let groups = groups.map(|id| on("security-group", &Some(id.clone())));
            let changed = [interface(&input.network_interface_id)];
            changed.into_iter().chain(groups).collect()
        }
        _ => vec![Check::any(action)],
    }
}
