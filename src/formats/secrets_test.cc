#include "formats/secrets.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "formats/option.h"

namespace laminar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = SecretReference::Kind;

TEST(SecretReference, AreTheWholeValue) {
  const auto parsed = [](const std::string& value) {
    const auto reference = ParseSecretReference(value);
    if (!reference.ok()) return std::string("wrong");
    if (!*reference) return std::string("none");
    constexpr const char* kNames[] = {"env", "file", "sealed"};
    return kNames[static_cast<int>((*reference)->kind)] + (":" + (*reference)->name);
  };
  EXPECT_EQ(parsed("{{ env.NAME }}"), "env:NAME");
  EXPECT_EQ(parsed(" {{env.A_1}}\n"), "env:A_1");
  EXPECT_EQ(parsed("${NAME}"), "env:NAME");
  EXPECT_EQ(parsed("{{ file.a b/c.txt }}"), "file:a b/c.txt");
  EXPECT_EQ(parsed("{{ file./run/secrets/x }}"), "file:/run/secrets/x");
  EXPECT_EQ(parsed(SealedReference("k.o.00ff")), "sealed:k.o.00ff");
  for (const char* none : {"", "secret", "a{{ env.A }}", "$NAME", "${a b}", "${}", "{ env.A }", "%}}"})
    EXPECT_EQ(parsed(none), "none") << none;
  for (const char* wrong : {"{{", "{{}}", "{{ env. }}", "{{ env.A-B }}", "{{ env.A }} b", "{{ file. }}",
                            "{{ other.X }}", "{{ env.A", "{{ ENV.A }}"})
    EXPECT_EQ(parsed(wrong), "wrong") << wrong;
}

class SecretsTest : public ::testing::Test {
 protected:
  SecretsTest() {
    char name[] = "/tmp/laminar-secrets-XXXXXX";
    CHECK(mkdtemp(name) != nullptr);
    folder_ = name;
    std::filesystem::create_directory(folder_ + "/allowed");
    std::ofstream(folder_ + "/allowed/password") << "open sesame\n";
    std::ofstream(folder_ + "/allowed/empty") << "\n";
    std::ofstream(folder_ + "/allowed/large") << std::string(70'000, 'x');
    std::ofstream(folder_ + "/other") << "not yours";
  }
  ~SecretsTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Secrets> Make(FileAccess files, std::string hidden = "") const {
    return MakeSecrets({[](const std::string& name) {
                          return name == "PASSWORD" || name.starts_with("LAMINAR_") ? name + "'s value" : "";
                        },
                        std::move(files), std::move(hidden)});
  }
  static std::string Told(const Secrets& secrets, const std::string& value) {
    const auto revealed = secrets.Reveal("db.password", value);
    return revealed.ok() ? *revealed : revealed.status().ToString();
  }

  std::string folder_;
};

TEST_F(SecretsTest, OfWhoOwnsTheProcess) {
  const auto secrets = Make(FileAccess::Any());
  EXPECT_EQ(Told(*secrets, "hunter2"), "hunter2");
  EXPECT_EQ(Told(*secrets, "{{ env.PASSWORD }}"), "PASSWORD's value");
  EXPECT_EQ(Told(*secrets, "{{ env.LAMINAR_X }}"), "LAMINAR_X's value");
  EXPECT_EQ(Told(*secrets, "{{ file." + folder_ + "/other }}"), "not yours");
  EXPECT_THAT(Told(*secrets, "{{ env.NONE }}"), HasSubstr("variable NONE, which db.password names, is not set"));
  EXPECT_THAT(Told(*secrets, "{{ file." + folder_ + "/none }}"), HasSubstr("cannot be read: No such file"));
  EXPECT_THAT(Told(*secrets, "{{ file." + folder_ + "/allowed/empty }}"), HasSubstr("is empty"));
  EXPECT_THAT(Told(*secrets, "{{ file." + folder_ + "/allowed/large }}"), HasSubstr("has more than 65536 bytes"));
  EXPECT_THAT(Told(*secrets, SealedReference("x")), HasSubstr("sealed for a server"));
  // A reference is checked without being followed.
  EXPECT_TRUE(secrets->Check("db.password", "{{ env.NONE }}").ok());
  EXPECT_TRUE(secrets->Check("db.password", "{{ file." + folder_ + "/none }}").ok());
  EXPECT_THAT(secrets->Check("db.password", "{{ x }}").message(), HasSubstr("is no reference"));
}

TEST_F(SecretsTest, OfTheClientsOfAServer) {
  const auto secrets = Make(FileAccess::Within(folder_ + "/allowed", "--secrets-dir").value(), "LAMINAR_");
  EXPECT_EQ(Told(*secrets, "{{ env.PASSWORD }}"), "PASSWORD's value");
  EXPECT_EQ(Told(*secrets, "{{ file.password }}"), "open sesame");
  for (const std::string& refused : {std::string("{{ env.LAMINAR_X }}"), std::string("${LAMINAR_X}"),
                                     std::string("{{ file.../other }}"), "{{ file." + folder_ + "/other }}"}) {
    EXPECT_EQ(secrets->Check("db.password", refused).kind(), StatusKind::kUser) << refused;
    EXPECT_THAT(Told(*secrets, refused), HasSubstr("db.password")) << refused;
    EXPECT_THAT(Told(*secrets, refused), ::testing::Not(HasSubstr("value"))) << refused;
  }
  EXPECT_THAT(Told(*Make(FileAccess::None("--secrets-dir")), "{{ file.password }}"), HasSubstr("--secrets-dir"));
}

TEST_F(SecretsTest, AreReferencesInSecretOptionsOnly) {
  const std::vector<OptionSpec> specs = {{.name = "user"}, {.name = "db.password", .secret = true}};
  const auto secrets = Make(FileAccess::Any(), "LAMINAR_");
  std::vector<Status> problems;
  const auto parse = [&](std::vector<WrittenOption> written) {
    problems.clear();
    return ParseOptions(specs, written, OptionUse::kSource, "table t", &problems, secrets.get());
  };
  const auto texts = [&] {
    std::vector<std::string> texts;
    for (const Status& problem : problems) texts.push_back(problem.ToString());
    return texts;
  };
  OptionValues values = parse({{"user", "${NAME} {{ x }}", {}}, {"db.password", "{{ env.PASSWORD }}", {3, 7}}});
  EXPECT_THAT(texts(), IsEmpty());
  EXPECT_EQ(values.String("db.password"), "{{ env.PASSWORD }}");
  EXPECT_EQ(values.Revealed("db.password").value(), "PASSWORD's value");
  EXPECT_EQ(values.Revealed("user").value(), "${NAME} {{ x }}");
  EXPECT_TRUE(values.CheckSecrets().ok());
  values = parse({{"db.password", "{{ env.NONE }}", {3, 7}}});
  EXPECT_THAT(texts(), IsEmpty());
  EXPECT_THAT(values.CheckSecrets().ToString(), HasSubstr("line 3, column 7: the environment variable NONE"));
  parse({{"user", "{{ env.PASSWORD }}", {2, 1}}});
  EXPECT_THAT(texts(), ElementsAre("line 2, column 1: option 'user' is a reference, and only secrets may be. Write the "
                                   "value itself; references are for db.password"));
  parse({{"db.password", "{{ env.LAMINAR_X }}", {2, 1}}});
  EXPECT_THAT(texts(), ElementsAre(HasSubstr("which is the server's own")));
  parse({{"db.password", "{{ nothing }}", {2, 1}}});
  EXPECT_THAT(texts(), ElementsAre(HasSubstr("is no reference")));
  // Where there are no references, one is no password either.
  values =
      ParseOptions(specs, std::vector<WrittenOption>{{"db.password", "${X}", {}}}, OptionUse::kSource, "t", &problems);
  EXPECT_FALSE(values.Revealed("db.password").ok());
}

}  // namespace
}  // namespace laminar
