//! Inflates with libdeflate, which needs the whole input and the exact size of the output.
//!
//! `libdeflater` does not say how many bytes of the input were used, and in a pack only this says where the next object
//! begins.

use std::ptr::NonNull;

use libdeflate_sys::{
    libdeflate_alloc_decompressor, libdeflate_decompressor, libdeflate_free_decompressor,
    libdeflate_result_LIBDEFLATE_SUCCESS, libdeflate_zlib_decompress_ex,
};

/// A decompressor that is used again and again.
pub(super) struct Inflater(NonNull<libdeflate_decompressor>);

impl Inflater {
    #[expect(unsafe_code, reason = "a call of libdeflate")]
    pub(super) fn new() -> Self {
        // SAFETY: the function has no conditions.
        let decompressor = unsafe { libdeflate_alloc_decompressor() };
        Self(NonNull::new(decompressor).expect("there is memory"))
    }

    /// Inflates a zlib stream at the start of `input`, which must give exactly `size` bytes, into a buffer that is used
    /// again, and so may be longer. Returns what [`Inflater::inflate`] returns.
    pub(super) fn inflate_into(&mut self, input: &[u8], size: usize, buffer: &mut Vec<u8>) -> Option<usize> {
        if buffer.len() < size {
            buffer.resize(size, 0);
        }
        self.inflate(input, &mut buffer[..size])
    }

    /// Inflates a zlib stream at the start of `input`, which must give exactly as many bytes as `output` has. Returns the
    /// length of the stream in bytes. `None` if it is malformed, truncated, or gives more or fewer bytes.
    #[expect(unsafe_code, reason = "a call of libdeflate")]
    pub(super) fn inflate(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        let mut used = 0;
        // SAFETY: both buffers are as long as is said, and libdeflate writes within the output alone. Without a place for
        // the length of the output, it is an error if the output is not filled.
        let result = unsafe {
            libdeflate_zlib_decompress_ex(
                self.0.as_ptr(),
                input.as_ptr().cast(),
                input.len(),
                output.as_mut_ptr().cast(),
                output.len(),
                &raw mut used,
                std::ptr::null_mut(),
            )
        };
        (result == libdeflate_result_LIBDEFLATE_SUCCESS).then_some(used)
    }
}

impl Drop for Inflater {
    #[expect(unsafe_code, reason = "a call of libdeflate")]
    fn drop(&mut self) {
        // SAFETY: it was allocated by libdeflate, and nobody uses it any more.
        unsafe { libdeflate_free_decompressor(self.0.as_ptr()) }
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use proptest::prelude::*;

    use super::super::samples::deflated;
    use super::*;

    proptest! {
        /// What follows the stream does not matter; a stream that is cut is not taken.
        #[test]
        fn a_stream_ends_where_it_ends(content: Vec<u8>, level in 0..=9_u32, rest: Vec<u8>) {
            let stream = deflated(&content, Compression::new(level));
            let mut inflater = Inflater::new();
            let mut output = vec![0; content.len()];
            let used = inflater.inflate(&[&stream[..], &rest].concat(), &mut output);
            prop_assert_eq!(used, Some(stream.len()));
            prop_assert_eq!(&output, &content);
            for cut in 0..stream.len() {
                prop_assert_eq!(inflater.inflate(&stream[..cut], &mut output), None);
            }
            let mut longer = vec![0; content.len() + 1];
            prop_assert_eq!(inflater.inflate(&stream, &mut longer), None);
            if let Some((_, shorter)) = output.split_last_mut() {
                prop_assert_eq!(inflater.inflate(&stream, shorter), None);
            }
        }
    }
}
