//! What must be so of an image before it is pushed or deleted (`If-Match` and `If-None-Match` of the registry's API). Pure; it is
//! asked within the transaction that stores the image (`catalog::put_image`), or deletes it (`catalog::delete`).

use wharf_blobs::Digest;

use crate::catalog::ImageRef;

/// On which condition something is pushed or deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Precondition {
    /// What it is about.
    pub of: ImageRef,
    /// That names one of these images.
    pub is: Option<Images>,
    /// That names none of these images, or nothing.
    pub is_not: Option<Images>,
}

/// Images that a condition names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Images {
    Any,
    Of(Vec<Digest>),
}

impl Images {
    fn have(&self, there: Option<&Digest>) -> bool {
        there.is_some_and(|there| match self {
            Self::Any => true,
            Self::Of(digests) => digests.contains(there),
        })
    }
}

impl Precondition {
    /// `there`: what it names now.
    pub(crate) fn holds(&self, there: Option<&Digest>) -> bool {
        self.is.as_ref().is_none_or(|it| it.have(there))
            && !self.is_not.as_ref().is_some_and(|it| it.have(there))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_must_hold() {
        let (own, other) = (Digest::of(b"own"), Digest::of(b"other"));
        let of = |digests: &[Digest]| Some(Images::Of(digests.to_vec()));
        let any = || Some(Images::Any);
        // Whether it holds where nothing is, and where `own` is.
        for (is, is_not, expected) in [
            (None, None, (true, true)),
            (any(), None, (false, true)),
            (of(&[own]), None, (false, true)),
            (of(&[other, own]), None, (false, true)),
            (of(&[other]), None, (false, false)),
            (of(&[]), None, (false, false)),
            (None, any(), (true, false)),
            (None, of(&[own]), (true, false)),
            (None, of(&[other]), (true, true)),
            (None, of(&[]), (true, true)),
            (of(&[own]), of(&[other]), (false, true)),
            (of(&[own]), of(&[own]), (false, false)),
        ] {
            let of = ImageRef::Tag("v1".to_owned());
            let it = Precondition { of, is, is_not };
            assert_eq!((it.holds(None), it.holds(Some(&own))), expected, "{it:?}");
        }
    }
}
