"""The stable codes of diagnostics and what each is about. A code is never given a new meaning."""

from __future__ import annotations

CODES = {
    # The text
    "SF001": "The file is not UTF-8.",
    "SF002": "The text is not valid YAML.",
    "SF003": "The file is too large or nested too deeply, or has too many values or layouts.",
    "SF004": "The file is empty, or holds more than one document.",
    "SF005": "Anchors and aliases are not allowed: a spec reads the same from top to bottom.",
    "SF006": "Tags and directives are not allowed: the language decides the type of every value.",
    "SF007": "A floating-point number. Revisions are quoted: 1.50 and 1.5 are different.",
    "SF008": "A word that YAML readers take differently (010, 31:16, 1_000, yes, null).",
    "SF009": "There are more mistakes than are shown.",
    # Keys and values
    "SF010": "A key that the language does not have there.",
    "SF011": "A key is missing.",
    "SF012": "The value is not of the kind that its key takes.",
    "SF013": "A key is given twice. YAML would silently keep the last.",
    "SF014": "A name or number is given twice, or two names become one in generated code.",
    "SF015": "A name that generated code cannot carry.",
    "SF016": "Two keys exclude each other.",
    "SF017": "The module is not named like its file.",
    # Tiling
    "SF020": "Two fields overlap.",
    "SF021": "Bytes that no field declares.",
    "SF022": "The fields do not end where the size of the structure says.",
    "SF024": "Bits are declared twice.",
    "SF025": "Bits that nothing declares.",
    "SF026": "Bits lie outside the integer.",
    # References
    "SF030": "A type that is not defined, or whose file is not imported.",
    "SF031": "An imported file is not there.",
    "SF032": "Files import each other in a circle.",
    "SF033": "An axis, or a value of one, that is not declared.",
    "SF034": "A field, structure or enum value that is not there, or is of another kind.",
    "SF035": "A structure holds itself.",
    "SF036": "A source that is not declared is cited.",
    # Values
    "SF040": "A number is out of range.",
    "SF042": "A key that only numbers can have is given to a structure.",
    # Versions
    "SF050": "A gate names an unknown version, or there is no axis to count on.",
    "SF051": "A field is in no version.",
    "SF052": "The field that tells the versions apart cannot do so.",
    # Parts of a structure
    "SF060": "A span reaches outside its structure, or is empty.",
    "SF061": "The condition of a field cannot be decided by what it names.",
    "SF062": "A view does not fit the field it reads.",
    "SF063": "An array of no fixed size has a field behind it, or stands in what has versions.",
    "SF064": "A structure of no fixed size, or with versions, where only a fixed one can stand.",
    "SF065": "A field that cannot tell a number of elements.",
}
