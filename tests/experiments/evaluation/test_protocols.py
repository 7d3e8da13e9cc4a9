from experiments.evaluation.protocols import best_epochs


def test_the_best_epoch_is_chosen_on_its_own_part_and_reports_the_tested_part():
    epochs = [
        {"epoch": 1, "val_srocc": 0.9, "test_srocc": 0.5, "test_plcc": 0.4},
        {"epoch": 2, "val_srocc": None, "test_srocc": 0.8, "test_plcc": 0.7},
        {"epoch": 3, "val_srocc": 0.1, "test_srocc": 0.6, "test_plcc": 0.6},
    ]
    best = best_epochs(epochs)
    assert best["best_on_val"] == {"epoch": 1, "srocc": 0.5, "plcc": 0.4}
    assert best["best_on_test"] == {"epoch": 2, "srocc": 0.8, "plcc": 0.7}
    assert best_epochs([]) == {}
