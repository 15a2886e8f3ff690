//! What instances are launched from: launch templates, images, key pairs, placement groups.

use wharf_api_ec2::{
    Input,
    types::{CopySnapshotRequest, InstanceSpecification},
};
use wharf_records::Record;
use wharf_wire::{Check, Context, Fault};

use super::{
    Rows, Specifications, attributes::Attributes, known, of_kind, tags_of, with_request_tags,
};
use crate::{
    images::Image,
    key_pairs::{KeyPair, find},
    launch_templates::{LaunchTemplate, Named, id_of},
    placement_groups::{self, PlacementGroup},
    records::{Instance, arn},
    snapshots::{Root, Snapshot},
    volumes::{self, Volume, of_instance},
};

impl Rows<'_> {
    pub async fn launch_templates(&mut self, input: Input<'_>) -> Result<(), Fault> {
        let (id, name) = match input {
            Input::CreateLaunchTemplate(i) => {
                self.new_one(LaunchTemplate::KIND, &i.tag_specifications);
                return Ok(());
            }
            Input::CreateLaunchTemplateVersion(i) => {
                (&i.launch_template_id, &i.launch_template_name)
            }
            Input::ModifyLaunchTemplate(i) => (&i.launch_template_id, &i.launch_template_name),
            Input::DeleteLaunchTemplate(i) => (&i.launch_template_id, &i.launch_template_name),
            Input::DeleteLaunchTemplateVersions(i) => {
                (&i.launch_template_id, &i.launch_template_name)
            }
            _ => return Ok(()),
        };
        let named = Named {
            id: id.as_deref(),
            name: name.as_deref(),
        };
        // One that is not there, or not named as it should be, is refused by the operation to those who may do this
        // to any.
        let known = id_of(self.service, self.cx, named).await.ok().flatten();
        self.on::<LaunchTemplate>(&known).await
    }

    pub async fn images(&mut self, input: Input<'_>) -> Result<(), Fault> {
        let id = match input {
            Input::RegisterImage(i) => {
                self.new_one(Image::KIND, &i.tag_specifications);
                return Ok(());
            }
            Input::CreateImage(i) => {
                let (of_snapshots, of_image) = of_kind(Snapshot::KIND, &i.tag_specifications);
                self.new_one(Image::KIND, &of_image);
                self.new_one(Snapshot::KIND, &of_snapshots);
                return self.on::<Instance>(&i.instance_id).await;
            }
            Input::CopyImage(i) => {
                let (of_snapshots, of_image) = of_kind(Snapshot::KIND, &i.tag_specifications);
                self.new_one(Image::KIND, &of_image);
                self.new_one(Snapshot::KIND, &of_snapshots);
                return self
                    .copied::<Image>(&i.source_region, &i.source_image_id)
                    .await;
            }
            Input::DeregisterImage(i) => {
                if i.delete_associated_snapshots == Some(true) {
                    self.deletion_of_snapshots(i.image_id.as_deref()).await?;
                }
                &i.image_id
            }
            Input::DescribeImageAttribute(i) => &i.image_id,
            Input::ModifyImageAttribute(i) => return self.shared_image(i).await,
            Input::ResetImageAttribute(i) => &i.image_id,
            _ => return Ok(()),
        };
        self.on::<Image>(id).await
    }

    /// The copy, and what it is copied of, which lies in the region it is said to.
    pub async fn copy_of_snapshot(&mut self, i: &CopySnapshotRequest) -> Result<(), Fault> {
        self.new_one(Snapshot::KIND, &i.tag_specifications);
        self.copied::<Snapshot>(&i.source_region, &i.source_snapshot_id)
            .await
    }

    /// All of an instance that snapshots are taken of, and what is made of it.
    pub async fn snapshots_of_instance(
        &mut self,
        of: Option<&InstanceSpecification>,
        tags: &Specifications,
    ) -> Result<(), Fault> {
        self.new_one(Snapshot::KIND, tags);
        let instance = of.and_then(|it| it.instance_id.clone());
        self.on::<Instance>(&instance).await?;
        let id = instance.as_deref().unwrap_or_default();
        let root = Root::volume_of(id);
        let has_root = of.is_none_or(|it| it.exclude_boot_volume != Some(true));
        if has_root && volumes::is_root(self.service, self.cx, &root).await? {
            self.on_volume(&Some(root)).await?;
        }
        let excluded = of.and_then(|it| it.exclude_data_volume_ids.as_deref());
        let excluded = excluded.unwrap_or_default();
        for volume in of_instance(self.service, self.cx, id).await? {
            if !excluded.contains(&volume.id) {
                self.on::<Volume>(&Some(volume.id)).await?;
            }
        }
        Ok(())
    }

    /// What an image brings goes with it.
    async fn deletion_of_snapshots(&mut self, image: Option<&str>) -> Result<(), Fault> {
        let id = image.unwrap_or_default();
        let Some(image) = self.service.find::<Image>(self.cx, id).await? else {
            return Ok(());
        };
        for id in image.snapshots() {
            let arn = arn(self.cx, Snapshot::KIND, id);
            let check = Check::new("ec2:DeleteSnapshot", arn);
            let found = self.service.find::<Snapshot>(self.cx, id).await?;
            self.push(match found {
                Some(it) => known(check, &it, self.cx),
                None => check,
            });
        }
        Ok(())
    }

    async fn copied<T: Attributes>(
        &mut self,
        region: &Option<String>,
        id: &Option<String>,
    ) -> Result<(), Fault> {
        let region = region.clone().filter(|it| !it.is_empty());
        let there = Context {
            region: region.unwrap_or_else(|| self.cx.region.clone()),
            ..self.cx.clone()
        };
        let id = id.as_deref().filter(|it| !it.is_empty());
        let arn = arn(&there, T::KIND, id.unwrap_or("*"));
        let mut check = Check::new(self.action.clone(), arn);
        if let Some(id) = id
            && let Some(found) = self.service.find::<T>(&there, id).await?
        {
            check = known(check, &found, &there);
        }
        self.push(check);
        Ok(())
    }

    /// Key pairs are named in ARNs, not numbered.
    pub async fn key_pairs(&mut self, input: Input<'_>) -> Result<(), Fault> {
        let (name, specifications) = match input {
            Input::CreateKeyPair(i) => (&i.key_name, &i.tag_specifications),
            Input::ImportKeyPair(i) => (&i.key_name, &i.tag_specifications),
            Input::DeleteKeyPair(i) => {
                let id = i.key_pair_id.as_deref().filter(|it| !it.is_empty());
                if let Some(id) = id {
                    return self.on_key_pair(id).await;
                }
                let name = i.key_name.as_deref().unwrap_or_default();
                let found = find(self.service, self.cx, name).await.ok();
                self.with_key_pair(name, found);
                return Ok(());
            }
            _ => return Ok(()),
        };
        let arn = arn(self.cx, KeyPair::KIND, name.as_deref().unwrap_or_default());
        let mut check = Check::new(self.action.clone(), arn);
        if let Some(name) = name.as_deref().filter(|it| !it.is_empty()) {
            check = check.with("ec2:KeyPairName", name);
        }
        // What somebody imports is of the type that it is.
        if let Input::CreateKeyPair(i) = input {
            let kind = i.key_type.as_deref().filter(|it| !it.is_empty());
            check = check.with("ec2:KeyPairType", kind.unwrap_or("rsa"));
        }
        self.push(with_request_tags(check, tags_of(specifications)));
        self.tagging(KeyPair::KIND, specifications);
        Ok(())
    }

    /// One by its id.
    pub async fn on_key_pair(&mut self, id: &str) -> Result<(), Fault> {
        let found = self.service.find::<KeyPair>(self.cx, id).await?;
        let name = found.as_ref().map_or("*", |it| &it.name).to_owned();
        self.with_key_pair(&name, found);
        Ok(())
    }

    /// As key pairs, they are named in ARNs.
    pub async fn placement_groups(&mut self, input: Input<'_>) -> Result<(), Fault> {
        let given = |text: &Option<String>| text.clone().filter(|it| !it.is_empty());
        match input {
            Input::CreatePlacementGroup(i) => {
                let name = i.group_name.as_deref().unwrap_or_default();
                let arn = arn(self.cx, PlacementGroup::KIND, name);
                let strategy = i.strategy.as_deref().filter(|it| !it.is_empty());
                let mut check = Check::new(self.action.clone(), arn)
                    .with("ec2:PlacementGroupStrategy", strategy.unwrap_or("cluster"));
                if !name.is_empty() {
                    check = check.with("ec2:PlacementGroupName", name);
                }
                self.push(with_request_tags(check, tags_of(&i.tag_specifications)));
                self.tagging(PlacementGroup::KIND, &i.tag_specifications);
                Ok(())
            }
            Input::DeletePlacementGroup(i) => {
                self.in_placement_group(given(&i.group_name), None).await
            }
            Input::ModifyInstancePlacement(i) => {
                self.on::<Instance>(&i.instance_id).await?;
                self.in_placement_group(given(&i.group_name), given(&i.group_id))
                    .await
            }
            _ => Ok(()),
        }
    }

    /// The group that a request names, if it names one.
    pub(super) async fn in_placement_group(
        &mut self,
        name: Option<String>,
        id: Option<String>,
    ) -> Result<(), Fault> {
        let (name, found) = match (name, id) {
            (Some(name), _) => {
                let found = placement_groups::find(self.service, self.cx, &name).await;
                (name, found.ok())
            }
            (None, Some(id)) => return self.on_placement_group(&id).await,
            (None, None) => return Ok(()),
        };
        self.with_placement_group(&name, found);
        Ok(())
    }

    /// One by its id.
    pub async fn on_placement_group(&mut self, id: &str) -> Result<(), Fault> {
        let found = self.service.find::<PlacementGroup>(self.cx, id).await?;
        let name = found.as_ref().map_or("*", |it| &it.name).to_owned();
        self.with_placement_group(&name, found);
        Ok(())
    }

    fn with_placement_group(&mut self, name: &str, found: Option<PlacementGroup>) {
        let arn = arn(self.cx, PlacementGroup::KIND, name);
        let check = Check::new(self.action.clone(), arn);
        self.push(match found {
            Some(group) => known(check, &group, self.cx),
            None => check,
        });
    }

    fn with_key_pair(&mut self, name: &str, found: Option<KeyPair>) {
        let check = Check::new(self.action.clone(), arn(self.cx, KeyPair::KIND, name));
        self.push(match found {
            Some(pair) => known(check, &pair, self.cx),
            None => check,
        });
    }
}
