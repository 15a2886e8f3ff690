//! The image and the disks of a launch are read once for a request: when it is authorised, and its operation takes what was found. What
//! conditions were told of disks is what they become, whatever the account's defaults are by then; and of disks that could not be told
//! nobody was asked what they may be, so the operation refuses the launch, also where they could be told by then.

use std::sync::Arc;

use wharf_api_ec2::types::RunInstancesRequest;
use wharf_wire::{Context, Fault};

use super::{Disks, Layout, make};
use crate::{
    Ec2Service,
    images::{self, Image},
};

/// What a launch is made of, each with why it could not be told.
pub struct MadeOf {
    pub image: Result<Image, Fault>,
    pub layout: Result<Layout, Fault>,
    pub disks: Result<Disks, Fault>,
}

impl MadeOf {
    /// # Errors
    /// It could not be read; what makes no sense is in what is found.
    pub async fn find(
        service: &Ec2Service,
        cx: &Context,
        input: &RunInstancesRequest,
    ) -> Result<Arc<Self>, Fault> {
        let id = input.image_id.as_deref().unwrap_or_default();
        let image = images::find(service, cx, id).await;
        let layout = match &image {
            Ok(image) => make::of_launch(cx, input, image),
            Err(fault) => Err(fault.clone()),
        };
        let disks = match &layout {
            Ok(layout) => make::prepare(service, cx, layout.clone()).await,
            Err(fault) => Err(fault.clone()),
        };
        if let Err(fault) = &disks
            && !fault.sender
        {
            return Err(fault.clone());
        }
        Ok(Arc::new(Self {
            image,
            layout,
            disks,
        }))
    }

    /// For the authorisation of a request. `launch`: its digest, as it was given; `asked`: what it and its template come to.
    ///
    /// # Errors
    /// As of [`Self::find`].
    pub async fn settle(
        service: &Ec2Service,
        cx: &Context,
        asked: &RunInstancesRequest,
        launch: &str,
    ) -> Result<Arc<Self>, Fault> {
        let found = Self::find(service, cx, asked).await?;
        cx.settled.put(name(cx, launch), Ok(found.clone()));
        Ok(found)
    }

    /// For the operation: what the authorisation of the request found; reads anew where nobody asked.
    ///
    /// # Errors
    /// As of [`Self::find`].
    pub async fn settled(
        service: &Ec2Service,
        cx: &Context,
        asked: &RunInstancesRequest,
        launch: &str,
    ) -> Result<Arc<Self>, Fault> {
        match cx.settled.get(&name(cx, launch)) {
            Some(found) => found,
            None => Self::find(service, cx, asked).await,
        }
    }
}

/// Of the caller, the account and the region: a request that is passed on may be another's, or about others.
fn name(cx: &Context, launch: &str) -> String {
    let (caller, account, region) = (&cx.caller.arn, &cx.account, &cx.region);
    format!("ec2/launch-made-of/{caller}/{account}/{region}/{launch}")
}
