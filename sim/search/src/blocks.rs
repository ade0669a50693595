//! A long list that is never copied.

/// Items in blocks, so many for each place.
pub(crate) struct Blocks<T> {
    blocks: Vec<Vec<T>>,
    stride: usize,
}

/// The places of a block.
const BLOCK: usize = 1 << 10;

impl<T: Clone> Blocks<T> {
    /// An empty list, with so many items for each place.
    pub(crate) const fn new(stride: usize) -> Self {
        Self {
            blocks: Vec::new(),
            stride,
        }
    }

    /// Adds one item, where there is one for each place.
    pub(crate) fn push(&mut self, item: T) {
        self.last().push(item);
    }

    /// Adds the items of the next place.
    pub(crate) fn extend(&mut self, items: &[T]) {
        if !items.is_empty() {
            self.last().extend_from_slice(items);
        }
    }

    fn last(&mut self) -> &mut Vec<T> {
        let size = BLOCK * self.stride;
        if self.blocks.last().is_none_or(|block| block.len() >= size) {
            self.blocks.push(Vec::with_capacity(size));
        }
        let last = self.blocks.len() - 1;
        &mut self.blocks[last]
    }

    /// How many places it has, where there is one item for each.
    pub(crate) fn len(&self) -> usize {
        let full = self.blocks.len().saturating_sub(1) * BLOCK;
        full + self.blocks.last().map_or(0, Vec::len)
    }

    pub(crate) fn get(&self, place: usize) -> Option<&T> {
        self.blocks.get(place / BLOCK)?.get(place % BLOCK)
    }

    pub(crate) fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        self.blocks.get_mut(place / BLOCK)?.get_mut(place % BLOCK)
    }

    /// The items of a place.
    pub(crate) fn items(&self, place: usize) -> &[T] {
        let first = place % BLOCK * self.stride;
        let block = self.blocks.get(place / BLOCK);
        block
            .and_then(|block| block.get(first..first + self.stride))
            .unwrap_or_default()
    }

    /// Puts other items at a place.
    pub(crate) fn set(&mut self, place: usize, items: &[T]) {
        let first = place % BLOCK * self.stride;
        let block = self.blocks.get_mut(place / BLOCK);
        if let Some(old) = block.and_then(|block| block.get_mut(first..first + self.stride)) {
            old.clone_from_slice(items);
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.blocks.len() * BLOCK * self.stride * size_of::<T>()
    }
}
