//! Calls that go straight to their function instead of through a table of addresses.
//!
//! The compiler calls functions through the global offset table and marks the calls so that a linker must keep them that way, for programs that
//! are linked by old linkers. A third of all relocations of the program were addresses in that table, and each is written when a command
//! starts. Where the instruction is one that the linker can replace, the mark becomes the one that lets it (`R_X86_64_GOTPCRELX`).

use object::Endianness;
use object::elf::{
    EM_X86_64, FileHeader64, R_X86_64_GOTPCREL, R_X86_64_GOTPCRELX, R_X86_64_REX_GOTPCRELX,
    SHF_EXECINSTR, SHT_RELA,
};
use object::read::archive::ArchiveFile;
use object::read::elf::{FileHeader as _, Rela as _, SectionHeader as _};

/// Length of a relocation, and where in it the type is (little endian).
const RELA: u64 = 24;
const TYPE: u64 = 8;
/// The address that an instruction takes from the table counts from its end.
const ADDEND: i64 = -4;

/// Frees the calls in an object file or an archive of them. What cannot be read stays as it is.
pub fn free(file: &mut [u8]) {
    for (place, relocation) in changes(file) {
        if let Some(bytes) = file.get_mut(place..).and_then(|rest| rest.first_chunk_mut()) {
            *bytes = relocation.to_le_bytes();
        }
    }
}

/// Where in the file a relocation gets another type.
fn changes(file: &[u8]) -> Vec<(usize, u32)> {
    let Ok(archive) = ArchiveFile::parse(file) else { return of_object(file).unwrap_or_default() };
    let mut changes = Vec::new();
    for member in archive.members().flatten() {
        let (start, _) = member.file_range();
        let Ok(object) = member.data(file) else { continue };
        let found = of_object(object).unwrap_or_default();
        changes.extend(found.into_iter().map(|(place, to)| (place + start as usize, to)));
    }
    changes
}

fn of_object(object: &[u8]) -> object::Result<Vec<(usize, u32)>> {
    let header = FileHeader64::<Endianness>::parse(object)?;
    let endian = header.endian()?;
    if header.e_machine(endian) != EM_X86_64 {
        return Ok(Vec::new());
    }
    let sections = header.sections(endian, object)?;
    let mut changes = Vec::new();
    for section in sections.iter().filter(|section| section.sh_type(endian) == SHT_RELA) {
        let Some((relocations, _)) = section.rela(endian, object)? else { continue };
        let code = sections.section(section.info_link(endian))?;
        if code.sh_flags(endian) & u64::from(SHF_EXECINSTR) == 0 {
            continue;
        }
        let code = code.data(endian, object)?;
        for (relocation, place) in
            relocations.iter().zip((section.sh_offset(endian)..).step_by(RELA as usize))
        {
            let is_kept = relocation.r_type(endian, false) == R_X86_64_GOTPCREL
                && relocation.r_addend(endian) == ADDEND;
            if let Some(to) = replaceable(code, relocation.r_offset(endian)).filter(|_| is_kept) {
                changes.push(((place + TYPE) as usize, to));
            }
        }
    }
    Ok(changes)
}

/// How the relocation at this place is called if the instruction around it is a call, a jump or a load, which can be replaced.
fn replaceable(code: &[u8], place: u64) -> Option<u32> {
    let place = usize::try_from(place).ok()?;
    match code.get(place.checked_sub(3)?..place)? {
        [_, 0xff, 0x15 | 0x25] => Some(R_X86_64_GOTPCRELX),
        [0x48..=0x4f, 0x8b, operand] if operand & 0xc7 == 0x05 => Some(R_X86_64_REX_GOTPCRELX),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_jumps_and_loads_can_be_replaced() {
        let check =
            |code: [u8; 3], expected| assert_eq!(replaceable(&code, 3), expected, "{code:x?}");
        check([0x90, 0xff, 0x15], Some(R_X86_64_GOTPCRELX));
        check([0x90, 0xff, 0x25], Some(R_X86_64_GOTPCRELX));
        check([0x4c, 0x8b, 0x3d], Some(R_X86_64_REX_GOTPCRELX));
        // A comparison, a push, and a load of 32 bits.
        check([0x48, 0x3b, 0x05], None);
        check([0x90, 0xff, 0x35], None);
        check([0x90, 0x8b, 0x05], None);
        assert_eq!(replaceable(&[0xff, 0x15], 2), None);
    }

    #[test]
    fn what_is_no_object_stays_as_it_is() {
        for text in [&b"no object"[..], b"!<arch>\nbroken", b"\x7fELF"] {
            let mut bytes = text.to_vec();
            free(&mut bytes);
            assert_eq!(bytes, text);
        }
    }
}
