#include "env/dmcontrol/suite_model.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"

namespace foresight {
namespace {

std::string message_of(const ModelRecipe& recipe) {
  try {
    load_model(recipe);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(SuiteModel, IsSharedAsLongAsItIsUsed) {
  const auto one = load_model({.file = "pendulum.xml"});
  EXPECT_EQ(load_model({.file = "pendulum.xml"}), one);
  EXPECT_NE(load_model({.file = "pendulum.xml", .variant = "other"}), one);
}

TEST(SuiteModel, SaysWhereAMissingFileWasLookedForAndWhatToDo) {
  const std::string message = message_of({.file = "unicorn.xml"});
  EXPECT_NE(message.find("unicorn.xml is missing"), std::string::npos) << message;
  EXPECT_NE(message.find(".deps/dm_control/suite"), std::string::npos) << message;
  EXPECT_NE(message.find("./foresight build"), std::string::npos) << message;
}

TEST(SuiteModel, SaysWhichNameAnEditDidNotFind) {
  const auto message =
      message_of({.file = "pendulum.xml", .variant = "wrong", .edit = [](mjSpec& spec) {
                    spec_geom(spec, "wheel");
                  }});
  EXPECT_NE(message.find("wheel"), std::string::npos) << message;
}

TEST(SuiteModel, AppliesAnEdit) {
  const auto model =
      load_model({.file = "pendulum.xml", .variant = "heavy", .edit = [](mjSpec& spec) {
                    spec_geom(spec, "mass").mass = 2.0;
                  }});
  EXPECT_EQ(model->body_mass[mj_name2id(model.get(), mjOBJ_BODY, "pole")], 2.0);
}

}  // namespace
}  // namespace foresight
