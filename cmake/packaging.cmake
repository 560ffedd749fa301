# SPDX-License-Identifier: Apache-2.0
# The Debian package (script/package makes it). Paths are from the root, since the package has files in /etc and /usr.
if(NOT TARGET posthouse)
  return()
endif()
set(packaging ${CMAKE_SOURCE_DIR}/packaging)
install(TARGETS posthouse RUNTIME DESTINATION usr/bin)
install(FILES ${packaging}/posthouse.service DESTINATION lib/systemd/system)
install(FILES ${packaging}/posthouse.toml DESTINATION etc/posthouse)
install(FILES ${packaging}/pam.d/posthouse DESTINATION etc/pam.d)
install(FILES LICENSE DESTINATION usr/share/doc/posthouse RENAME copyright)
install(DIRECTORY docs/ DESTINATION usr/share/doc/posthouse FILES_MATCHING PATTERN "*.md")

# The names by which other programs call it: sendmail(1).
foreach(link sbin/sendmail sbin/send-mail sbin/praliases sbin/mailstats bin/mailq bin/newaliases bin/hoststat
             bin/purgestat lib/sendmail)
  get_filename_component(folder ${link} DIRECTORY)
  install(CODE "file(MAKE_DIRECTORY \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/usr/${folder}\")
    file(CREATE_LINK ../bin/posthouse \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/usr/${link}\" SYMBOLIC)")
endforeach()

# Manuals (posthouse.1, posthouse.toml.5) and completions (posthouse.bash, posthouse.zsh, posthouse.fish), where there are any.
file(GLOB manuals CONFIGURE_DEPENDS ${packaging}/man/*.[1-8])
foreach(manual ${manuals})
  string(REGEX REPLACE ".*\\.([1-8])$" "\\1" section ${manual})
  install(FILES ${manual} DESTINATION usr/share/man/man${section})
endforeach()
foreach(shell "bash:bash-completion/completions/posthouse" "zsh:zsh/vendor-completions/_posthouse"
              "fish:fish/vendor_completions.d/posthouse.fish")
  string(REGEX MATCH "^([a-z]+):(.*)/([^/]+)$" matched ${shell})
  set(folder ${CMAKE_MATCH_2})
  set(name ${CMAKE_MATCH_3})
  file(GLOB completion CONFIGURE_DEPENDS ${packaging}/completion/posthouse.${CMAKE_MATCH_1})
  if(completion)
    install(FILES ${completion} DESTINATION usr/share/${folder} RENAME ${name})
  endif()
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_CONTACT "Posthouse <postmaster@posthouse.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION mail)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "passwd, init-system-helpers")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_PACKAGE_PROVIDES "mail-transport-agent")
set(CPACK_DEBIAN_PACKAGE_CONFLICTS "mail-transport-agent")
set(CPACK_DEBIAN_PACKAGE_REPLACES "mail-transport-agent")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "Takes letters by SMTP, keeps them safely, carries them to the hosts that DNS names
 or into local mailboxes, and lets people read them by POP3. One program, several
 confined processes.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${packaging}/debian/conffiles ${packaging}/debian/postinst ${packaging}/debian/prerm ${packaging}/debian/postrm)
include(CPack)
