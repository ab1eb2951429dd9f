"""What a code means at length: why it is a mistake, and what mends it, with an example."""

from __future__ import annotations

from .codes import CODES

# Code -> (why and what to do, an example line that shows the remedy; may be empty).
ADVICE = {
    "SF001": ("Specs are UTF-8 text. Save the file so in your editor.", ""),
    "SF002": (
        "Often a colon or a comma in unquoted text. Quote the text.",
        'doc: "Else: nothing."',
    ),
    "SF003": ("Limits keep the checker quick on any input. Split the file, or flatten it.", ""),
    "SF004": ("A spec is one YAML document that begins with its language.", "snpformat: 1"),
    "SF005": (
        "Write the value out where it is needed; repetition is read, references are not.",
        "",
    ),
    "SF006": ("The language knows the type of every value; YAML need not be told.", ""),
    "SF007": ("YAML makes 1.50 the number 1.5. Quote what is not a whole number.", 'abi: "1.50"'),
    "SF008": (
        "YAML 1.1 and 1.2 read these differently. Write decimal or 0x, or quote.",
        "at: 0x1f",
    ),
    "SF009": ("Mend those that are shown and check again.", ""),
    "SF010": ("Keys are spelt exactly; the help line names the nearest.", ""),
    "SF011": ("The help line says what the key is for.", ""),
    "SF012": ("The message says what is expected there.", ""),
    "SF013": ("Keep one of the two.", ""),
    "SF014": ("Names are unique among types, and within an enum, bit field or structure.", ""),
    "SF015": ("The name would hide something in generated code, or is no name there.", ""),
    "SF016": ("The two keys say different things about one place. Keep the one that is meant.", ""),
    "SF017": ("Imports find a module by its file. Rename one of the two.", "module: report"),
    "SF020": ("One of the two has a wrong offset, a wrong length or a wrong gate.", ""),
    "SF021": ("Every byte is declared. What nobody names is reserved.", "{at: 0x4c, reserved: 4}"),
    "SF022": ("The size is written down to check the fields against it. One of them is wrong.", ""),
    "SF024": ("One of the two has wrong bits. Ranges include both ends.", "bits: 2..4"),
    "SF025": ("Every bit is declared.", "{bits: 26..63, reserved: zero}"),
    "SF026": ("Bits are counted from 0; a u32 has 0..31.", ""),
    "SF030": ("Define the type, or import the file that does.", "imports: [report]"),
    "SF031": ("Imports name files in the same folder, without .yaml.", "imports: [report]"),
    "SF032": ("Move what both need into a third file.", ""),
    "SF033": ("Axes and their values are declared in the same file.", "product: {known: [milan]}"),
    "SF034": ("The help line names the nearest one that exists.", ""),
    "SF035": ("A structure has a size, so it cannot hold itself.", ""),
    "SF036": ("Cite a source by the name it has under sources.", "cite: abi table 23"),
    "SF040": ("The help line says what fits.", ""),
    "SF042": ("Give it to a field that is a number.", ""),
    "SF050": ("Gates count on the versions that the structure's axis knows.", "known: [1, 2, 3]"),
    "SF051": ("since is the first version with it, until the first without it.", "since: 3"),
    "SF052": ("The version is read before anything else: a plain number, in every version.", ""),
    "SF060": ("The end of a span is not included.", "aad: 0x30..0x60"),
    "SF061": ("It has to be a plain number, always there, at a lower offset.", "when: {status: 0}"),
    "SF062": ("What reads the bytes has to be as wide as they are.", ""),
    "SF063": (
        "What stands behind it would have no offset, whatever version it is in.",
        "{at: 0x10, name: entries, of: entry, until: zero, max: 64}",
    ),
    "SF064": ("Offsets and sizes are numbers. Read such a structure on its own.", ""),
    "SF065": ("It is an earlier plain number, and written from the elements there are.", ""),
}


def explain(code: str) -> str:
    """The explanation of a code. Raises KeyError for one that does not exist."""
    why, example = ADVICE[code]
    lines = [f"{code}: {CODES[code]}", "", why]
    return "\n".join([*lines, "", f"    {example}"] if example else lines)
