-- Writes a note of the audit. ARGV: the note.
write_note(ARGV[1])
return 1
