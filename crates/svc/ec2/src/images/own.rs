//! Images that wharf brings: the same for all accounts of a region, known to Systems Manager's public parameters.

use wharf_base::{Timestamp, public_images::PublicImage};
use wharf_records::{Unknown, ecs::Tags};

use super::{Image, Source, State};

pub fn all(region: &str) -> Vec<Image> {
    PublicImage::all(region).into_iter().map(image).collect()
}

pub fn find(region: &str, id: &str) -> Option<Image> {
    all(region).into_iter().find(|it| it.id == id)
}

fn image(it: PublicImage) -> Image {
    Image {
        id: it.id,
        owner: PublicImage::OWNER.to_owned(),
        location: format!("amazon/{}", it.name),
        name: it.name,
        description: it.description,
        architecture: it.architecture.to_owned(),
        root_device_name: "/dev/xvda".to_owned(),
        mappings: Vec::new(),
        source: Source::Own,
        puller: None,
        state: State::default(),
        boot_mode: None,
        source_instance: None,
        source_image: None,
        token: None,
        // They are as old as the version of wharf, which has no date.
        created_at: Timestamp(0),
        public: true,
        shared_with: Default::default(),
        tags: Tags::new(),
        unknown: Unknown::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_may_launch_them() {
        let images = all("us-east-1");
        assert!(!images.is_empty());
        for image in images {
            assert!(super::super::is_id(&image.id), "{}", image.id);
            assert!(image.may_launch("000000000000"));
            assert_eq!(find("us-east-1", &image.id), Some(image.clone()));
            assert_eq!(find("eu-west-1", &image.id), None);
            assert_eq!(image.owner_alias(), Some("amazon"));
        }
    }
}
