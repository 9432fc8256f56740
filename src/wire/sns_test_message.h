// A message as Amazon SNS sends it, signed by the Python package cryptography with a key of its
// own, and that key's certificate, valid from 2020 to 2040. For tests.
#pragma once

#include <string_view>

namespace kizashi {

inline constexpr std::string_view kSnsTestCertificate = R"(-----BEGIN CERTIFICATE-----
MIICsTCCAZmgAwIBAgIBATANBgkqhkiG9w0BAQsFADAcMRowGAYDVQQDDBFzbnMu
YW1hem9uYXdzLmNvbTAeFw0yMDAxMDEwMDAwMDBaFw00MDAxMDEwMDAwMDBaMBwx
GjAYBgNVBAMMEXNucy5hbWF6b25hd3MuY29tMIIBIjANBgkqhkiG9w0BAQEFAAOC
AQ8AMIIBCgKCAQEAwCU/3VBjhbS5v8qEShEGMppLocg6sdg5NpQcyAilEgrcLAvW
u4SJHXAyEbevydN5RR4rkaHKnnNtaBv3VDf4/A/OFfo75ZfljWD0gHiLox4DZdnA
W1BxQ5L+ZVYjpHaqJFSOlZBVdfynu1635sbK22WcWALjTkBn5+l8LKuOtSmBODPq
TAKDt/dYk9s77KhBxvbcOc1Jf7L6EtQfPUZuCOwv8KWWxBoFk/ls+zW4AoXYZWui
9WUaPOZdkHthd41J7o/6TrUfDF6B7PRuaMBRPOaII5lD1jvqKn8/9INh1Os1NjWM
zWb40kMzl58mORS8xjHcji2Hss3SOMLYLSeBzwIDAQABMA0GCSqGSIb3DQEBCwUA
A4IBAQCvf3qiOj1IFR0sU0gqKetUD5Z0KbqO6T65/LF5BdnaRumHmaHvNiwrP86C
TfD6+0OeqUONcmSy/RcI+hVGoBJZgTqmTFcs9dTWA0xG5DhpOUQb+leQdNlklJTV
lkoyUkhOFxnQROol7cjWRocD3lqWHi+6sCo02qzxAb7yS3En1Sd18Mx9YXGfwNHb
UkiBuIZnAtedIzGOQZGlGJ+ZIHAaa9nc4aG7OWe50UbqV218395XdchxqhvItSgU
ySMSp/dz7GhOlyC1kdCQxxZbCC0aBmo8EU1JIDlV2KlZoLroPe6YwP+44YI/zCxr
UswsmiL6PFnupYEdCt8EmktsOgCg
-----END CERTIFICATE-----
)";

/// Of 2026-01-01T00:20:00Z, topic arn:aws:sns:eu-west-1:1:alarms: the alarm "cpu".
inline constexpr std::string_view kSnsTestMessage =
    R"({"Type":"Notification","MessageId":"m-1","TopicArn":"arn:aws:sns:eu-west-1:1:alarms","Su)"
    R"(bject":"ALARM","Message":"{\"AlarmName\":\"cpu\",\"NewStateValue\":\"ALARM\"}","Timestam)"
    R"(p":"2026-01-01T00:20:00.000Z","SignatureVersion":"2","Signature":"hW2vs4MAZrQEonPl+KCn0W)"
    R"(mnsR0vIhnn2ZRbQ3Sq/3eOom5EVqWIhzE6JpxCwfaObvzzcJQF1+pxsGRs3+/2Kd6/fyE0pbHsHnYrUOIMiSJqxS)"
    R"(HtKDSqlw5om+pZaV4uKR0FXfbIujZDyoyqQG1FB1gJCXV9L77zzR1Un0QleeJoNNG0qtplIHWfecZb49a86HkUPU)"
    R"(sBbhi8Z8qkXEVTwORs4xV0ra41gS85hModFJzj2cIXRs6OIIMwV8Bj+f42knF6ASjSI7/IJUIpd2nUwg/evMVOzO)"
    R"(mAU0iAwlG/aNftxWTcPNfTru2bZWm3KfVx0hYkvczdtAIsJ/eivLQixg==","SigningCertURL":"https://sn)"
    R"(s.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"})";

}  // namespace kizashi
