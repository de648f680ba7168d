//! The objects on which deltas are based, as long as there is room for them.

use std::collections::HashMap;
use std::rc::Rc;

use super::entry::Id;

/// In bytes. The bases that a reader keeps have at most this size together, and one of them an eighth of it.
const KEPT: usize = 16 << 20;

/// An object on which a delta is based.
pub(super) struct Base {
    pub(super) kind: u8,
    pub(super) content: Vec<u8>,
}

/// The last bases of deltas, in two halves. If the new half is full, it replaces the old one.
#[derive(Default)]
pub(super) struct Bases {
    new: HashMap<Id, Rc<Base>>,
    /// The size of the new half in bytes.
    size: usize,
    old: HashMap<Id, Rc<Base>>,
}

impl Bases {
    pub(super) fn get(&mut self, id: &Id) -> Option<Rc<Base>> {
        if let Some(base) = self.new.get(id) {
            return Some(Rc::clone(base));
        }
        let base = self.old.remove(id)?;
        self.keep(*id, &base);
        Some(base)
    }

    pub(super) fn keep(&mut self, id: Id, base: &Rc<Base>) {
        let size = base.content.len();
        if size > KEPT / 8 {
            return;
        }
        if self.size + size > KEPT / 2 {
            self.old = std::mem::take(&mut self.new);
            self.size = 0;
        }
        self.size += size;
        self.new.insert(id, Rc::clone(base));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bases_are_kept() {
        let mut bases = Bases::default();
        let id = |number: u8| [number; 20];
        let base = |size| Rc::new(Base { kind: 3, content: vec![0; size] });
        for number in 0..40 {
            bases.keep(id(number), &base(KEPT / 10));
            // The first one is used all the time.
            assert!(bases.get(&id(0)).is_some());
            let size = |bases: &HashMap<Id, Rc<Base>>| -> usize {
                bases.values().map(|base| base.content.len()).sum()
            };
            assert!(size(&bases.new) == bases.size && bases.size <= KEPT / 2 && size(&bases.old) <= KEPT / 2);
        }
        assert!(bases.get(&id(39)).is_some() && bases.get(&id(38)).is_some() && bases.get(&id(1)).is_none());
        bases.keep(id(50), &base(KEPT / 8 + 1));
        assert!(bases.get(&id(50)).is_none());
    }
}
