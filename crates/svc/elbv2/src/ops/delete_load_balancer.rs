//! DeleteLoadBalancer: the load balancer and its name go at once, with listeners and rules; its
//! interfaces and its address follow when the reconciler has given them back.

use wharf_api_elbv2::{DeleteLoadBalancerInput, DeleteLoadBalancerOutput};
use wharf_records::{Record, Unknown, encode};
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use crate::{
    access_logs, carried,
    check::attributes::{BALANCER, DELETION_PROTECTION},
    core::Core,
    fault,
    names::{self, Kind, Names as _, Place},
    orphans,
    records::{BalancerName, ClosedLog, Remains},
};

pub async fn delete_load_balancer(
    core: &Core,
    call: &Call,
    input: DeleteLoadBalancerInput,
) -> Result<DeleteLoadBalancerOutput, Fault> {
    let place = Place::of(call);
    // What is not there any more counts as deleted.
    let Some(id) = place.id(Kind::Balancer, input.load_balancer_arn.as_deref())? else {
        return Err(fault::balancer_not_found());
    };
    transact!(core.table, &call.permit, |tx| {
        let Some(tree) = core.tree(&place, &id).await? else {
            return Ok(DeleteLoadBalancerOutput {});
        };
        let balancer = &tree.balancer.record;
        if BALANCER.value(&balancer.attributes, DELETION_PROTECTION) == "true" {
            return Err(fault::deletion_protected(&tree.arn()));
        }
        let mut txn = Txn::new().when(tree.balancer.unchanged());
        if names::is_network(&id) {
            txn.compare
                .extend(carried::unused(core, &tree.arn()).await?);
        }
        let scope = place.scope();
        let left = Remains {
            interfaces: balancer.interfaces.clone(),
            public_address: balancer.public_address,
            unknown: Unknown::new(),
        };
        let key = scope.key(Remains::KIND, &id);
        let txn = txn
            .delete(&tree.balancer.key)
            .delete(scope.key(BalancerName::KIND, &balancer.name))
            .put(&key, encode(&left));
        let txn = match access_logs::closed(balancer, core.now()) {
            Some(closed) => txn.put(scope.key(ClosedLog::KIND, &id), encode(&closed)),
            None => txn,
        };
        tx.join(tree.drop_guard(txn));
    });
    // The reconciler would do it too; but who deletes a load balancer deletes its target groups next,
    // which must not be in use then.
    orphans::clear_below(core, &call.permit, &place, &id, None).await?;
    Ok(DeleteLoadBalancerOutput {})
}
