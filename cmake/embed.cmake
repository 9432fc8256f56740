# kizashi_embed(target header directory extra...): every file below `directory` (and each extra
# NAME=FILE) as gzip bytes in `target`, with a table for src/api/page_files.h.
function(kizashi_embed target directory)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${directory}/*)
  set(pairs)
  foreach(file ${files})
    file(RELATIVE_PATH path ${directory} ${file})
    list(APPEND pairs "/${path}=${file}")
  endforeach()
  list(APPEND pairs ${ARGN})
  set(out ${CMAKE_CURRENT_BINARY_DIR}/embedded)
  file(MAKE_DIRECTORY ${out})
  set(assembler "")
  set(externs "")
  set(rows "")
  set(gzips)
  set(number 0)
  foreach(pair ${pairs})
    string(FIND ${pair} "=" split)
    string(SUBSTRING ${pair} 0 ${split} path)
    math(EXPR split "${split} + 1")
    string(SUBSTRING ${pair} ${split} -1 file)
    set(gzip ${out}/${number}.gz)
    add_custom_command(OUTPUT ${gzip} COMMAND gzip -9nc ${file} > ${gzip} DEPENDS ${file} VERBATIM)
    list(APPEND gzips ${gzip})
    string(APPEND assembler
      "    \".global kz_embed_${number}\\nkz_embed_${number}:\\n.incbin \\\"${gzip}\\\"\\n\"\n"
      "    \".global kz_embed_end_${number}\\nkz_embed_end_${number}:\\n.byte 0\\n\"\n")
    string(APPEND externs "extern \"C\" const char kz_embed_${number}[], kz_embed_end_${number}[];\n")
    string(APPEND rows "    {\"${path}\", kz_embed_${number}, kz_embed_end_${number}},\n")
    math(EXPR number "${number} + 1")
  endforeach()
  file(CONFIGURE OUTPUT ${out}/page_files.cc @ONLY CONTENT
"#include \"api/page_files.h\"
asm(\".section .rodata\\n\"
${assembler}    \".previous\\n\");
${externs}namespace kizashi {
namespace {
const EmbeddedFile kFiles[] = {
${rows}};
}  // namespace
std::span<const EmbeddedFile> EmbeddedFiles() { return kFiles; }
}  // namespace kizashi
")
  set_source_files_properties(${out}/page_files.cc PROPERTIES OBJECT_DEPENDS "${gzips}")
  target_sources(${target} PRIVATE ${out}/page_files.cc)
endfunction()
