//! What each operation does to which resource.

use wharf_api_ec2::Input;
use wharf_wire::{Check, Context};

pub fn checks(cx: &Context, input: Input<'_>) -> Vec<Check> {
    let action = input.action();
    let arn =
        |kind: &str, id: &str| format!("arn:aws:ec2:{}:{}:{kind}/{id}", cx.region, cx.account);
    match input {
        Input::CreateNetworkInterface(input) => {
            let subnet = input.subnet_id.as_deref().unwrap_or_default();
            let groups = input.groups.as_deref().unwrap_or_default();
            let mut checks = vec![
                Check::new(action.clone(), arn("network-interface", "*")),
                Check::new(action.clone(), arn("subnet", subnet)),
            ];
            checks.extend(
                groups
                    .iter()
                    .map(|id| Check::new(action.clone(), arn("security-group", id))),
            );
            checks
        }
        Input::DeleteNetworkInterface(input) => {
            let id = input.network_interface_id.as_deref().unwrap_or_default();
            vec![Check::new(action, arn("network-interface", id))]
        }
        _ => vec![Check::any(action)],
    }
}
