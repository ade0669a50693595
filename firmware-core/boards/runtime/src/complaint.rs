//! What is wrong with a constant, said with its name while the image is built.

/// The longest complaint, in bytes: what is longer is cut off.
const LONGEST: usize = 200;

/// A text that is put together at compile time, where `format!` cannot be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Complaint {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Complaint {
    /// The texts, one after the other.
    #[must_use]
    pub(crate) const fn of(texts: &[&str]) -> Self {
        let mut complaint = Self {
            bytes: [0; LONGEST],
            length: 0,
        };
        let mut index = 0;
        while index < texts.len() {
            let text = texts[index].as_bytes();
            if complaint.length + text.len() > LONGEST {
                break;
            }
            let mut place = 0;
            while place < text.len() {
                complaint.bytes[complaint.length] = text[place];
                complaint.length += 1;
                place += 1;
            }
            index += 1;
        }
        complaint
    }

    /// Stops the build with it.
    ///
    /// # Panics
    ///
    /// Always.
    pub(crate) const fn raise(&self) -> ! {
        match core::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => panic!("{}", text),
            Err(_) => panic!("the complaint is no text"),
        }
    }
}
