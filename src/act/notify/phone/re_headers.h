// The headers of libre (SIP, SDP, RTP) and librem (G.711), which expect these integers to be there.
#pragma once

#include <cstddef>
#include <cstdint>
// Declares tls_openssl_context.
#define USE_OPENSSL 1
#include <re.h>
//
#include <rem.h>
#define DEBUG_MODULE "kizashi"
#define DEBUG_LEVEL 0
#include <re_dbg.h>
