//! Pixels as a PNG file, red, green and blue of eight bits each.

use std::io::Write as _;

use flate2::{Compression, write::ZlibEncoder};

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// Eight bits, colours without transparency, the one compression and filtering there is, not interlaced.
const FORMAT: [u8; 5] = [8, 2, 0, 0, 0];

/// `pixels`: three bytes each, line after line.
///
/// # Errors
/// None that a memory has; those of the encoder.
pub fn encoded(width: u32, height: u32, pixels: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(13);
    head.extend_from_slice(&width.to_be_bytes());
    head.extend_from_slice(&height.to_be_bytes());
    head.extend_from_slice(&FORMAT);
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::fast());
    for line in pixels.chunks(width as usize * 3) {
        // The bytes of a line are as they are.
        packer.write_all(&[0])?;
        packer.write_all(line)?;
    }
    let mut file = SIGNATURE.to_vec();
    chunk(&mut file, b"IHDR", &head);
    chunk(&mut file, b"IDAT", &packer.finish()?);
    chunk(&mut file, b"IEND", &[]);
    Ok(file)
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).expect("an image is bounded in its pixels");
    file.extend_from_slice(&length.to_be_bytes());
    let begin = file.len();
    file.extend_from_slice(kind);
    file.extend_from_slice(data);
    let sum = crc32fast::hash(&file[begin..]);
    file.extend_from_slice(&sum.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_without_pixels_ends_as_all_do() {
        let file = encoded(1, 1, &[255, 0, 0]).unwrap();
        assert_eq!(file[..8], SIGNATURE);
        // The checksum of an empty end is in the specification.
        assert_eq!(file[file.len() - 12..], *b"\0\0\0\0IEND\xae\x42\x60\x82");
        assert_eq!(file[8..16], *b"\0\0\0\x0dIHDR");
    }
}
