//! Of several things that a call is about, those with which something was wrong are told beside the others.

use wharf_api_ec2::types::{UnsuccessfulItem, UnsuccessfulItemError};
use wharf_wire::Fault;

/// Adds to what is told what was wrong with one. What failed on our side ends the call.
pub fn tell(
    told: &mut Vec<UnsuccessfulItem>,
    id: String,
    done: Result<(), Fault>,
) -> Result<(), Fault> {
    match done {
        Err(fault) if fault.sender => {
            told.push(unsuccessful(id, fault));
            Ok(())
        }
        done => done,
    }
}

fn unsuccessful(id: String, fault: Fault) -> UnsuccessfulItem {
    UnsuccessfulItem {
        error: Some(UnsuccessfulItemError {
            code: Some(fault.code.into_owned()),
            message: Some(fault.message),
        }),
        resource_id: Some(id),
    }
}
