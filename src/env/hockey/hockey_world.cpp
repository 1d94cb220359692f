#include "env/hockey/hockey_world.h"

#include "env/hockey/hockey_field.h"

namespace foresight {
namespace {

// Who meets whom: a pair collides if each one's mask holds the other's category.
constexpr uint16 kPuckBit = 0x01;
constexpr uint16 kPlayerBit = 0x10;

b2Vec2 to_b2(ScenePoint point) {
  return {static_cast<float>(point.x), static_cast<float>(point.y)};
}

b2Body* create_body(b2World& world, b2BodyType type, ScenePoint position) {
  b2BodyDef definition;
  definition.type = type;
  definition.position = to_b2(position);
  return world.CreateBody(&definition);
}

void add_fixture(b2Body& body, const FieldShape& shape, b2FixtureDef definition) {
  b2CircleShape circle;
  b2PolygonShape polygon;
  if (shape.radius > 0) {
    circle.m_radius = static_cast<float>(shape.radius);
    definition.shape = &circle;
  } else {
    std::array<b2Vec2, b2_maxPolygonVertices> vertices;
    int num_vertices = 0;
    for (const auto& vertex : shape.vertices) vertices[num_vertices++] = to_b2(vertex);
    polygon.Set(vertices.data(), num_vertices);
    definition.shape = &polygon;
  }
  body.CreateFixture(&definition);
}

b2FixtureDef fixture(float friction, uint16 category, uint16 mask) {
  b2FixtureDef definition;
  definition.friction = friction;
  definition.filter.categoryBits = category;
  definition.filter.maskBits = mask;
  return definition;
}

b2Body* create_static(b2World& world, const FieldShape& shape, const b2FixtureDef& definition) {
  b2Body* body = create_body(world, b2_staticBody, shape.position);
  add_fixture(*body, shape, definition);
  return body;
}

// The sensor, which only the puck meets, comes before the solid that only players meet.
b2Body* create_goal(b2World& world, const FieldShape& shape) {
  b2Body* body = create_body(world, b2_staticBody, shape.position);
  auto sensor = fixture(0.1f, kPlayerBit, kPuckBit);
  sensor.isSensor = true;
  add_fixture(*body, shape, sensor);
  add_fixture(*body, shape, fixture(0.1f, kPlayerBit, kPlayerBit));
  return body;
}

b2Body* create_player(b2World& world, const FieldShape& shape, ScenePoint position) {
  b2Body* body = create_body(world, b2_dynamicBody, position);
  auto definition = fixture(1.0f, kPlayerBit, kPlayerBit | kPuckBit);
  definition.density = static_cast<float>(200.0 / 1.2);
  add_fixture(*body, shape, definition);
  return body;
}

b2Body* create_puck(b2World& world, ScenePoint position) {
  b2Body* body = create_body(world, b2_dynamicBody, position);
  auto definition = fixture(0.1f, kPuckBit, kPlayerBit);
  definition.density = 7.0f;
  definition.restitution = 0.95f;
  add_fixture(*body, field_puck(), definition);
  body->SetLinearDamping(0.05f);
  return body;
}

// The engine allocates room for contacts when the first one appears, in the middle of a game. Two
// discs that overlap make it do so now; removing them last to first leaves the numbering of the
// collision tree as it was.
void reserve_contacts(b2World& world) {
  const FieldShape disc{.position = {}, .vertices = {}, .radius = 1.0, .color = {}};
  b2Body* first = create_body(world, b2_dynamicBody, {});
  b2Body* second = create_body(world, b2_dynamicBody, {});
  for (b2Body* body : {first, second}) add_fixture(*body, disc, fixture(0.0f, 1, 1));
  second->SetTransform(b2Vec2_zero, 0.0f);  // looks for contacts
  world.DestroyBody(second);
  world.DestroyBody(first);
}

// The engine fills two tables when the first world and the first contact are made, without a lock.
void fill_engine_tables() {
  [[maybe_unused]] static const bool is_filled = [] {
    b2World world(b2Vec2_zero);
    reserve_contacts(world);
    return true;
  }();
}

}  // namespace

HockeyWorld::HockeyWorld(bool keep_mode) {
  fill_engine_tables();
  match.keep_mode = keep_mode;
  field_.reserve(field_decorations().size() + field_walls().size());
  renew();
}

void HockeyWorld::renew() {
  world_.emplace(b2Vec2_zero);
  world_->SetContactListener(&listener_);
  puck_ = nullptr;
  field_.clear();
  reserve_contacts(*world_);
}

void HockeyWorld::clear() {
  if (puck_ == nullptr) return;
  world_->SetContactListener(nullptr);
  for (b2Body* player : players_) world_->DestroyBody(player);
  world_->DestroyBody(puck_);
  for (b2Body* goal : goals_) world_->DestroyBody(goal);
  for (b2Body* body : field_) world_->DestroyBody(body);
  world_->SetContactListener(&listener_);
  puck_ = nullptr;
  field_.clear();
}

void HockeyWorld::build(ScenePoint right_racket, ScenePoint puck) {
  for (const auto& shape : field_decorations()) {
    field_.push_back(create_static(*world_, shape, fixture(0.2f, 0, 0)));
  }
  constexpr uint16 kAll = kPlayerBit | kPuckBit;
  for (const auto& shape : field_walls()) {
    field_.push_back(create_static(*world_, shape, fixture(0.1f, kAll, kAll)));
  }
  for (int side = 0; side < 2; ++side) goals_[side] = create_goal(*world_, field_goals()[side]);
  const auto& left = field_racket(HockeySide::kLeft);
  players_ = {create_player(*world_, left, left.position),
              create_player(*world_, field_racket(HockeySide::kRight), right_racket)};
  puck_ = create_puck(*world_, puck);
  listener_.watch(puck_, {players_[0], players_[1]}, {goals_[0], goals_[1]});
}

void HockeyWorld::find_contacts() {
  // Moving a body that never moves to where it is does nothing else.
  field_.front()->SetTransform(field_.front()->GetPosition(), field_.front()->GetAngle());
}

void HockeyWorld::step() {
  world_->Step(static_cast<float>(HockeyRules::kTimeStep), HockeyRules::kVelocityIterations,
               HockeyRules::kPositionIterations);
}

int HockeyWorld::num_touching_contacts() const {
  int count = 0;
  for (const b2Contact* contact = world_->GetContactList(); contact != nullptr;
       contact = contact->GetNext()) {
    count += contact->IsTouching() ? 1 : 0;
  }
  return count;
}

}  // namespace foresight
